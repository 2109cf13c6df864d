using Appliance.Model;
using Appliance.Thermal;

namespace FastTests.Thermal;

public sealed class PowerTests
{
    [Theory]
    [InlineData(300, 39.8)]
    [InlineData(450, 39.6)]
    [InlineData(600, 39.6)]
    [InlineData(700, 39.7)]
    [InlineData(700, 39.9)]
    public void A_capacity_alarm_never_says_that_more_can_be_removed_than_is_wanted(double gpuW, double supplyC)
    {
        var bench = new ThermalBench(gpuW: gpuW, supplyC: supplyC, returnC: supplyC + gpuW / 75);
        var seen = 0;
        for (var i = 0; i < 900; i++)
        {
            var tick = bench.Tick();
            for (var k = 0; k < tick.Commands.Conditions.Count; k++)
            {
                var c = tick.Commands.Conditions[k];
                if (c.Code != ConditionCode.CapacityShort)
                    continue;
                seen++;
                Assert.True(c.Value < c.Limit, $"tick {i}: {c.Text(ThermalBench.Board)}");
            }

            // Nothing is withheld: then nothing is short either, whatever the cap would be.
            if (tick.Commands.WithheldW == 0)
                Assert.False(tick.Commands.Conditions.Has(ConditionCode.CapacityShort), $"tick {i}: nothing is withheld");
        }

        Assert.True(gpuW < 700 || seen > 0, "The alarm was never raised; this test tests nothing.");
    }
}
