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
