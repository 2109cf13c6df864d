using Appliance.Daemon.Simulation;
using Appliance.Twin;

namespace SimulationTests;

/// <summary>A pump that stops is made up for by the flow it takes away; what only looks like it is not.</summary>
public sealed class ChangeoverTests
{
    [Fact]
    public void The_first_pump_takes_over_from_the_second_within_half_a_second_too()
    {
        foreach (var kind in (FaultKind[])[FaultKind.PumpDead, FaultKind.PumpNoFlow])
        {
            var row = new FaultRow("stop", "a pump stops", [new(FaultTable.StrikesAtS, null, new(kind, "pump2"))], RequiredState.Hold, 600, ChangeoverS: 0.5);
            foreach (var seed in (int[])[0, 1, 2, 3])
            {
                var result = FaultScore.Run(row, Boards.Hgx, seed, seed == 0 ? 0 : 0.3, TimeProvider.System);
                Assert.True(result is { Passed: true, ChangeoverS: <= 0.5 }, $"{kind}, plant {seed}: {result.ChangeoverS:0.0} s; {result.Why}");
            }
        }
    }

    [Fact]
    public void No_pump_is_missed_while_all_of_them_work_whatever_the_load_does()
    {
        foreach (var seed in Enumerable.Range(1, 10))
        {
            foreach (var period in (double[])[7, 60, 600])
                Assert.Equal(0, Missed(seed, new Series([0, period / 2, period / 2, period], [70, 70, 700, 700], repeat: true)));
        }
    }

    [Theory]
    [InlineData("F19")]
    [InlineData("F19b")]
    [InlineData("F47")]
    public void A_meter_that_is_wrong_is_no_pump_that_stopped(string row)
    {
        foreach (var seed in (int[])[1, 2, 3])
            Assert.Equal(0, Missed(seed, Series.Constant(700), [.. FaultTable.Rows.Single(r => r.Id == row).Faults]));
    }

    /// <returns>Ticks in which a pump was thought to be gone.</returns>
    private static int Missed(int seed, Series power, params ScenarioFault[] faults)
    {
        var missed = 0;
        var control = new ThermalControl(Boards.Hgx);
        var run = new SimulationRun(new() { Name = "changeover", DurationS = 1200, Seed = seed, Spread = 0.3, GpuPowerW = [power], Faults = faults }, Boards.Hgx, control)
        {
            Observe = _ => missed += control.Last.Estimate.PumpMissing > 0 ? 1 : 0,
        };
        run.Run(TimeProvider.System);
        return missed;
    }
}
