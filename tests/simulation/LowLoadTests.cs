using Appliance.Daemon.Simulation;
using Appliance.Model;
using Appliance.Twin;

namespace SimulationTests;

/// <summary>Little load: held by a bypass where the board has one, said where it has none.</summary>
public sealed class LowLoadTests
{
    [Theory]
    [InlineData(15)]
    [InlineData(25)]
    public void A_bypass_keeps_an_idle_box_in_its_band(double roomC)
    {
        foreach (var seed in (int[])[0, 3, 4, 8, 14])
        {
            var summary = Run(Boards.Bypass, seed, Series.Constant(72), roomC);
            Assert.Equal(0, summary.SecondsUnder36C);
            Assert.True(summary.PeakSupplyC < 38.6, $"plant {seed}: {summary.PeakSupplyC:0.00} °C");
            Assert.DoesNotContain(summary.Alarms, a => a.Code == "coolant_cold");

            // Who cannot come nearer with the bypass wide open says so.
            var open = summary.Alarms.Any(a => a.Code == "setpoint_unreachable");
            Assert.True(open || summary.SteadyErrorK < 0.15, $"plant {seed}: {summary.SteadyErrorK:0.00} K");
        }
    }

    [Fact]
    public void Without_one_the_load_at_which_the_band_begins_is_said()
    {
        var run = Play(Boards.Hgx, 0, Series.Constant(72), 12);
        var summary = run.Run(TimeProvider.System);
        Assert.Contains(summary.Alarms, a => a.Code == "setpoint_unreachable");
        ref readonly var conditions = ref run.Control.Conditions;
        var said = Enumerable.Range(0, conditions.Count).Select(i => run.Control.Conditions[i]).Single(c => c.Name == "setpoint_unreachable");
        Assert.InRange(said.Value, 570, 582);

        // At just that load the plant stands at the lower edge of its band.
        var there = Play(Boards.Hgx, 0, Series.Constant(said.Limit / 8), 12);
        there.Run(TimeProvider.System);
        Assert.InRange(there.Twin.Truth.SupplyC, 35.3, 36.7);
    }

    [Fact]
    public void A_load_that_comes_back_finds_the_bypass_shut()
    {
        foreach (var seed in (int[])[0, 4, 8, 16])
        {
            var waves = new Series([0, 60, 60, 300, 300, 900, 900, 1200], [72, 72, 700, 700, 72, 72, 700, 700]);
            var least = double.MaxValue;
            SimulationRun? run = null;
            run = Play(Boards.Bypass, seed, waves, 20, t => least = t > 300 ? Math.Min(least, run!.Twin.Truth.SupplyC) : least);
            var summary = run.Run(TimeProvider.System);
            Assert.Equal(0, summary.SecondsOver40C);
            Assert.True(summary.PeakSupplyC <= 39.5, $"plant {seed}: {summary.PeakSupplyC:0.00} °C");
            Assert.True(least >= 36, $"plant {seed}: {least:0.00} °C");
            Assert.Equal(0, summary.GpuEnergyWithheldWh);
        }
    }

    [Fact]
    public void A_bypass_that_sticks_open_costs_power_and_never_the_band_s_top()
    {
        var waves = new Series([0, 300, 300], [72, 72, 700]);
        var summary = Run(Boards.Bypass, 0, waves, 25, new ScenarioFault(250, null, new(FaultKind.ValveStuck, "bypass1")));
        Assert.Equal(0, summary.SecondsOver40C);
        Assert.Equal(0, summary.SelfThrottledS);
    }

    [Fact]
    public void Under_load_the_bypass_is_shut()
    {
        foreach (var seed in (int[])[0, 3, 4, 8, 14])
        {
            var run = Play(Boards.Bypass, seed, Series.Constant(500), 25);
            var summary = run.Run(TimeProvider.System);
            Assert.Equal(0, run.Twin.BypassOpen, 2);
            Assert.InRange(summary.SteadyErrorK!.Value, 0, 0.15);
        }
    }

    [Fact]
    public void Nobody_at_the_wheel_shuts_the_bypass()
    {
        SimulationRun? run = null;
        var (open, shutAfterS) = (0.0, double.NaN);
        run = Play(Boards.Bypass, 0, Series.Constant(72), 10, t =>
        {
            open = t < 200 ? run!.Twin.BypassOpen : open;
            if (t > 200 && double.IsNaN(shutAfterS) && run!.Twin.BypassOpen < 0.1)
                shutAfterS = t - 200;
        }, new ScenarioFault(200, null, new(FaultKind.HostPanic, "")));
        run.Run(TimeProvider.System);
        Assert.InRange(open, 0.2, 1);
        Assert.InRange(shutAfterS, 0, 20);
    }

    private static SimulationSummary Run(Board board, int seed, Series load, double roomC, params ScenarioFault[] faults) =>
        Play(board, seed, load, roomC, null, faults).Run(TimeProvider.System);

    private static SimulationRun Play(Board board, int seed, Series load, double roomC, Action<double>? observe = null, params ScenarioFault[] faults) => new(
        new()
        {
            Name = "low load",
            DurationS = 1200,
            Seed = seed,
            Spread = seed == 0 ? 0 : 0.3,
            AmbientC = Series.Constant(roomC),
            GpuPowerW = [load],
            Faults = faults,
        }, board)
    { Observe = observe };
}
