using Appliance.Model;
using Appliance.Thermal;

namespace FastTests.Thermal;

/// <summary>Drivers that answer five seconds long with one look at their tachometers (adt7470).</summary>
public sealed class HeldTachTests
{
    [Fact]
    public void A_tachometer_that_lags_behind_its_duty_is_no_fault_and_moves_nothing()
    {
        var bench = new ThermalBench { TachHoldS = 5 };
        bench.Run(60);
        for (var i = 0; i < 6; i++)
        {
            bench.GpuW = i % 2 == 0 ? 700 : 70;
            bench.ReturnC = i % 2 == 0 ? 48 : 41;
            for (var tick = 0; tick < 300; tick++)
                AssertNoRotorOrFlowFault(bench.Tick(), bench.Now);
        }
    }

    [Theory]
    [InlineData("fan3", ConditionCode.FanStalled)]
    [InlineData("pump2", ConditionCode.PumpStalled)]
    public void A_rotor_that_died_is_still_found(string dead, ConditionCode expected)
    {
        var bench = new ThermalBench { TachHoldS = 5 };
        bench.Run(60);
        bench.Dead = dead;
        bench.Run(20);
        Assert.True(bench.Last.Commands.Conditions.Has(expected));
    }

    [Fact]
    public void What_was_true_within_the_hold_is_remembered_and_what_was_twice_as_long_ago_is_not()
    {
        var held = default(HeldBand);
        for (var i = 0; i <= 110; i++)
        {
            var (low, high) = i < 20 ? (0.3, 0.9) : (0.5, 0.6);
            held.Widen(ref low, ref high, 5, 0.1);
            if (i <= 69)
                Assert.Equal((0.3, 0.9), (low, high));
            if (i > 108)
                Assert.Equal((0.5, 0.6), (low, high));
        }
    }

    private static void AssertNoRotorOrFlowFault(ThermalTick tick, TimeSpan now)
    {
        for (var i = 0; i < tick.Commands.Conditions.Count; i++)
        {
            Assert.False(
                tick.Commands.Conditions[i].Code is ConditionCode.FanStalled or ConditionCode.PumpStalled or ConditionCode.FanSlow or ConditionCode.PumpSlow
                    or ConditionCode.FlowLow or ConditionCode.FlowNone,
                $"{tick.Commands.Conditions[i].Code} at {now.TotalSeconds:0.0} s");
        }
    }
}
