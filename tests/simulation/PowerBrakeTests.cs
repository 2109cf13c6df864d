using Appliance.Daemon.Loop;
using Appliance.Daemon.Simulation;
using Appliance.Model;
using Appliance.Thermal;
using Appliance.Twin;

namespace SimulationTests;

/// <summary>A flow switch that pulls the GPUs' power brake: hardware alone, when there is nobody else, and beside software that is there.</summary>
public sealed class PowerBrakeTests
{
    private static readonly ScenarioFault Panic = new(60, null, new(FaultKind.HostPanic, ""));
    private static readonly ScenarioFault[] PumpsDead = [new(60, null, new(FaultKind.PumpDead, "pump1")), new(60, null, new(FaultKind.PumpDead, "pump2"))];

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(8)]
    public void With_nobody_there_and_no_flow_a_die_has_three_times_as_long(int seed)
    {
        var without = Play(Boards.Hgx, seed, 60, [Panic, .. PumpsDead]);
        var with = Play(Boards.Brake, seed, 60, [Panic, .. PumpsDead]);
        var line = $"plant {seed}: 87 °C after {without.LimitAfterS:0.0} s without and {with.LimitAfterS:0.0} s with";
        TestContext.Current.SendDiagnosticMessage(line);
        Assert.True(without.LimitAfterS is > 3 and < 14, line);
        Assert.True(with.LimitAfterS > 3 * without.LimitAfterS, line);
        Assert.InRange(with.BrakedAfterS, 0, 3);
    }

    [Fact]
    public void With_nobody_there_and_a_trickle_it_keeps_every_die_below_its_limit()
    {
        // So much air in the loop that both pumps at full move less than 2 L/min.
        var air = new ScenarioFault(60, null, new(FaultKind.AirInLoop, "", 97.5));
        var without = Play(Boards.Hgx, 0, 600, [Panic, air]);
        var with = Play(Boards.Brake, 0, 600, [Panic, air]);
        TestContext.Current.SendDiagnosticMessage($"a trickle: {without.PeakC:0.0} °C after {without.LimitAfterS:0.0} s without, {with.PeakC:0.0} °C with");
        Assert.True(without.Throttled, $"{without.PeakC:0.0} °C");
        Assert.True(double.IsNaN(with.LimitAfterS), $"87 °C after {with.LimitAfterS:0.0} s");
        Assert.False(with.Throttled);
    }

    [Fact]
    public void Beside_software_that_lives_it_helps_and_ends_when_flow_is_back()
    {
        ScenarioFault[] lost = [.. PumpsDead.Select(f => f with { UntilS = 63 })];
        var without = Play(Boards.Hgx, 0, 120, lost);
        var with = Play(Boards.Brake, 0, 120, lost);
        TestContext.Current.SendDiagnosticMessage($"three seconds without flow: {without.PeakC:0.0} °C without, {with.PeakC:0.0} °C with");
        Assert.True(with.PeakC < without.PeakC, $"{with.PeakC:0.0} and {without.PeakC:0.0} °C");
        Assert.InRange(with.BrakeEndedAfterS, 3, 6);
        Assert.Contains("flow_none", with.Alarms);
        Assert.DoesNotContain(with.Alarms, a => a.StartsWith("gpu", StringComparison.Ordinal) || a.StartsWith("plate", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_loss_of_flow_nothing_is_different()
    {
        foreach (var seed in (int[])[0, 3])
        {
            var without = Play(Boards.Hgx, seed, 120, []);
            var with = Play(Boards.Brake, seed, 120, []);
            Assert.Equal((without.PeakC, double.NaN), (with.PeakC, with.BrakedAfterS));
        }
    }

    [Fact]
    public void The_driver_says_power_brake_and_the_line_is_read()
    {
        using var bench = new LoopBench(board: "hgx-h100-8-brake");
        var last = bench.Run(20);
        var line = bench.Board.Lines.Select((l, i) => (l, i)).Single(l => l.l.Kind == "flow_switch").i;
        Assert.False(last.Lines[line].Value);
        Assert.DoesNotContain("hw_power_brake_slowdown", FrameAssembly.ThrottleReasons(last.Gpus[0].ClocksEventReasons.Value ?? 0));
        bench.Twin.Inject(new(FaultKind.PumpDead, "pump1"));
        bench.Twin.Inject(new(FaultKind.PumpDead, "pump2"));
        last = bench.Run(5);
        Assert.True(last.Lines[line].Value);
        Assert.Equal(FlowState.None, last.Estimate.Flow);
        Assert.Contains("hw_power_brake_slowdown", FrameAssembly.ThrottleReasons(last.Gpus[0].ClocksEventReasons.Value ?? 0));
        Assert.Contains("hw_slowdown", FrameAssembly.ThrottleReasons(last.Gpus[0].ClocksEventReasons.Value ?? 0));
        bench.Twin.Clear(null, "");
        last = bench.Run(5);
        Assert.False(last.Lines[line].Value);
        Assert.DoesNotContain("hw_power_brake_slowdown", FrameAssembly.ThrottleReasons(last.Gpus[0].ClocksEventReasons.Value ?? 0));
    }

    /// <param name="LimitAfterS">From the fault until a die reaches its 87 °C, s; NaN where none does.</param>
    private sealed record Outcome(double LimitAfterS, double BrakedAfterS, double BrakeEndedAfterS, double PeakC, bool Throttled, IReadOnlyList<string> Alarms);

    private static Outcome Play(Board board, int seed, double seconds, IReadOnlyList<ScenarioFault> faults)
    {
        var (limit, braked, ended, peak, throttled) = (double.NaN, double.NaN, double.NaN, 0.0, false);
        var control = new ThermalControl(board);
        SimulationRun? run = null;
        run = new(new()
        {
            Name = "power brake",
            DurationS = 60 + seconds,
            Seed = seed,
            Spread = seed == 0 ? 0 : 0.3,
            AmbientC = Series.Constant(25),
            GpuPowerW = [Series.Constant(700)],
            Faults = faults,
        }, board, control)
        {
            Observe = t =>
            {
                var truth = run!.Twin.Truth;
                if (t < 60)
                    return;
                peak = Math.Max(peak, truth.DieC.Max());
                throttled |= truth.SelfThrottled.Any(s => s);
                if (double.IsNaN(limit) && truth.DieC.Max() >= board.Gpus.ThrottleC)
                    limit = t - 60;
                if (double.IsNaN(braked) && truth.Braked)
                    braked = t - 60;
                if (!double.IsNaN(braked) && double.IsNaN(ended) && !truth.Braked)
                    ended = t - 60;
            },
        };
        var summary = run.Run(TimeProvider.System);
        return new(limit, braked, ended, peak, throttled, [.. summary.Alarms.Select(a => a.Code).Distinct()]);
    }
}
