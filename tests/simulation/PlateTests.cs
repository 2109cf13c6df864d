using Appliance.Daemon.Simulation;
using Appliance.Model;
using Appliance.Twin;

namespace SimulationTests;

/// <summary>Plates that lose their flow or most of it, found by a second reader on drawn plants: dies once passed their limit in every one of these.</summary>
public sealed class PlateTests
{
    private const double LimitC = 87;

    /// <summary>Parked, the die fell by its own part in the power, which was taken for flow; a minute later the engine came back to a dry plate.</summary>
    [Theory]
    [InlineData(56)]
    [InlineData(229)]
    [InlineData(322)]
    [InlineData(446)]
    public void A_parked_engine_does_not_come_back_to_a_dry_plate(int seed) =>
        Holds(seed, 0.3, 900, new([0, 30, 30], [70, 70, 700]), new ScenarioFault(500, null, new(FaultKind.PlateDisconnected, "gpu3")));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 0.3)]
    [InlineData(5, 0.3)]
    public void A_plate_that_is_found_suspect_while_its_gpu_idles_gets_no_full_load(int seed, double spread) => Holds(
        seed, spread, 1500, new([0, 400, 400, 900, 900], [700, 700, 72, 72, 700]), new ScenarioFault(550, null, new(FaultKind.PlateDisconnected, "gpu3")));

    /// <summary>Nearly shut: each try to come back heats it up again, so tries become rare.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(7, 0.3)]
    public void A_plate_that_is_nearly_shut_parks_the_engine_seldom(int seed, double spread)
    {
        var summary = Holds(seed, spread, 1500, Series.Constant(700), new ScenarioFault(400, null, new(FaultKind.PlateClogged, "gpu3", 95.5)));
        Assert.InRange(summary.Actions.Count(a => a.Action == "park_engine"), 1, 4);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 0.3)]
    public void A_restart_of_the_daemon_does_not_make_a_dry_plate_wet(int seed, double spread) => Holds(
        seed, spread, 600, Series.Constant(700),
        new ScenarioFault(60, null, new(FaultKind.PlateDisconnected, "gpu3")), new ScenarioFault(100, 101, new(FaultKind.DaemonKilled, "daemon")));

    [Fact]
    public void Flow_meters_that_read_nothing_for_a_moment_do_not_hide_a_plate_that_loses_its_flow_soon_after() => Holds(
        14, 0.3, 300, Series.Constant(700),
        new ScenarioFault(60, 60.2, new(FaultKind.SensorBias, "flow1", -30)), new ScenarioFault(60, 60.2, new(FaultKind.SensorBias, "flow2", -30)),
        new ScenarioFault(70, null, new(FaultKind.PlateDisconnected, "gpu3")));

    [Theory]
    [InlineData(1, 0.3)]
    [InlineData(3, 0.3)]
    [InlineData(10, 0.3)]
    public void A_hot_gpu_that_refuses_its_limit_slows_its_clock_and_parks_nobody(int seed, double spread)
    {
        var summary = Holds(
            seed, spread, 720, Series.Constant(700),
            new ScenarioFault(120, null, new(FaultKind.PlateClogged, "gpu2", 65)), new ScenarioFault(120, null, new(FaultKind.PowerLimitRefused, "gpu2", 700)));
        Assert.Contains(summary.Actions, a => a is { Action: "gpu_lowest_clock", Target: "gpu2", Value: 1 });
        Assert.DoesNotContain(summary.Actions, a => a.Action is "park_engine" or "power_off");
    }

    private static SimulationSummary Holds(int seed, double spread, double seconds, Series power, params ScenarioFault[] faults)
    {
        var run = new SimulationRun(new() { Name = "plate", DurationS = seconds, Seed = seed, Spread = spread, GpuPowerW = [power], Faults = faults }, Boards.Hgx);
        var summary = run.Run(TimeProvider.System);
        Assert.True(summary.GpuPeakC <= LimitC, $"plant {seed}: die {summary.GpuPeakC:0.0} °C");
        Assert.Equal(0, summary.SelfThrottledS);
        return summary;
    }
}
