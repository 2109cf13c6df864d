using System.Diagnostics;

namespace SystemTests;

/// <summary>Every process that could limit a GPU is gone and nobody starts one anew, and the loop stops: what the flow switch at the GPUs' power brake is worth then.</summary>
public sealed class PowerBrakeTests
{
    private const double LimitC = 87;

    /// <summary>Longer than a die without a brake has (9 s), more so on a machine that is busy; a third and half of what one with it has (32 s).</summary>
    private static readonly TimeSpan _watched = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _watchedAtMost = TimeSpan.FromSeconds(15);

    [Fact]
    public void A_killed_daemon_and_a_loop_without_flow_leave_every_die_below_its_limit_where_the_board_has_a_brake()
    {
        using var without = new Rig();
        using var with = new Rig(board: "hgx-h100-8-brake");
        Rig[] rigs = [without, with];
        Parallel.ForEach(rigs, rig =>
        {
            rig.SettleAt(700);
            rig.StartDaemon();
        });

        foreach (var rig in rigs)
            Wait.Until("the daemon is in control", TimeSpan.FromSeconds(15), () => rig.Mode() == "running");
        Assert.All(rigs, rig => Assert.All(rig.Numbers("gpu_w"), w => Assert.InRange(w, 690, 701)));
        Assert.All(rigs, rig => Assert.InRange(rig.Numbers("die_c").Max(), 65, 82));

        foreach (var rig in rigs)
            Rig.Kill(rig.Daemon);
        foreach (var rig in rigs)
        {
            rig.Inject("pump_dead", "pump1");
            rig.Inject("pump_dead", "pump2");
        }

        var (clock, reachedS) = (Stopwatch.StartNew(), double.NaN);
        while (clock.Elapsed < _watched || (double.IsNaN(reachedS) && clock.Elapsed < _watchedAtMost))
        {
            if (double.IsNaN(reachedS) && without.Numbers("die_c").Max() >= LimitC)
                reachedS = clock.Elapsed.TotalSeconds;
            Assert.True(with.Truth().GetProperty("die_max_c").GetDouble() < LimitC, $"a die at its limit within {clock.Elapsed.TotalSeconds:0.0} s, brake or not");
            Thread.Sleep(50);
        }

        var (hottest, watts) = (with.Numbers("die_c").Max(), with.Numbers("gpu_w"));
        TestContext.Current.TestOutputHelper?.WriteLine($"without: 87 °C after {reachedS:0.0} s; with: {hottest:0.0} °C after {clock.Elapsed.TotalSeconds:0.0} s, {watts.Max():0} W");
        Assert.True(reachedS > 4, $"without a brake a die was at its limit after {reachedS:0.0} s"); // else the fault was none
        Assert.All(watts, w => Assert.InRange(w, 300, 351));
        Assert.All(with.Numbers("gpu_limit_w"), w => Assert.Equal(700, w)); // no software had a part in it

        // Whoever comes back says what is lost, and does not take the brake for a fault of the GPUs' feed.
        with.StartDaemon();
        Wait.Until("the lost flow is told", TimeSpan.FromSeconds(8), () => with.Cli("alarms", "--json").Contains("flow_none", StringComparison.Ordinal));
        Wait.Until("the GPUs at their lowest limit", TimeSpan.FromSeconds(3), () => with.Numbers("gpu_limit_w").All(w => w == 200));
        Assert.DoesNotContain("gpu_power_feed", with.Cli("alarms", "--json"), StringComparison.Ordinal);
        Assert.True(with.Truth().GetProperty("die_max_c").GetDouble() < LimitC);
    }
}
