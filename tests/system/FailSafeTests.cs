using System.Diagnostics;

namespace SystemTests;

/// <summary>
/// The layers that cool when the daemon does not, each on its own in real processes: its own watchdog, systemd's with ExecStopPost,
/// the chips', the agent's heartbeat. What counts is the plant's truth, asked of the twin.
/// </summary>
public sealed class FailSafeTests
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(6);

    [Theory]
    [InlineData(ProcessInterop.SIGKILL)]
    [InlineData(ProcessInterop.SIGSTOP)]
    public void The_chips_watchdog_alone_cools_when_the_daemon_is_killed_or_stopped(int signal)
    {
        using var rig = new Rig();
        rig.StartDaemon();
        rig.WaitUntilControlled();

        Box.Signal(rig.Daemon.Id, signal);

        Assert.InRange(rig.WaitForFullCooling(_deadline + TimeSpan.FromSeconds(2)), TimeSpan.FromSeconds(3), _deadline);
    }

    [Fact]
    public void Appliance_safe_alone_cools_at_once_and_limits_the_gpus_while_the_daemon_is_stopped()
    {
        using var rig = new Rig();
        rig.StartDaemon();
        rig.WaitUntilControlled();
        Box.Signal(rig.Daemon.Id, ProcessInterop.SIGSTOP);

        var safe = Programs.Run("appliance-safe", ["--run-dir", rig.RunDirectory, "--board", "hgx-h100-8"]);

        Assert.Equal(0, safe.ExitCode);
        Assert.Single(safe.Output.Trim().Split('\n'));
        rig.WaitForFullCooling(TimeSpan.FromSeconds(1));
        Wait.Until("lowest limits", TimeSpan.FromSeconds(1), () => rig.Numbers("gpu_limit_w").All(w => w == 200));
    }

    [Fact]
    public void Appliance_safe_names_what_is_missing_and_does_the_rest()
    {
        using var rig = new Rig();
        var pumps = Directory.GetDirectories(Path.Combine(rig.RunDirectory, "sysfs/sys/class/hwmon"))
            .Single(d => File.ReadAllText(Path.Combine(d, "name")).Trim() == "emc2305");
        Directory.Delete(pumps, recursive: true);

        var safe = Programs.Run("appliance-safe", ["--run-dir", rig.RunDirectory, "--board", "hgx-h100-8"]);

        Assert.Equal(1, safe.ExitCode);
        Assert.Contains("pump1: no emc2305/pwm1", safe.Output, StringComparison.Ordinal);
        Wait.Until("fans at full", TimeSpan.FromSeconds(1), () => rig.Numbers("fan_pwm").All(p => p == 255));
    }

    [Theory]
    [InlineData("--root", "/nonexistent")]
    [InlineData("--run-dir", "/nonexistent")]
    public void Appliance_safe_does_not_call_nothing_safe(string option, string value) =>
        Assert.Equal(1, Programs.Run("appliance-safe", [option, value]).ExitCode);

    [Fact]
    public void The_loops_own_watchdog_alone_cools_when_the_loop_hangs_in_a_driver()
    {
        using var rig = new Rig();
        using var systemd = new NotifySocket(Path.Combine(rig.Folder, "notify"));
        rig.StartDaemon(systemd.Path);
        rig.WaitUntilControlled();

        rig.HangTheCoolantChip();

        // Before the chips' own watchdog could have acted (5 s), and while systemd hears nothing any more.
        rig.WaitForFullCooling(TimeSpan.FromSeconds(2.5));
        systemd.WaitForSilence(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5));
        Assert.False(rig.Daemon.HasExited);
    }

    [Fact]
    public void Systemds_watchdog_alone_cools_within_three_seconds_of_a_stop()
    {
        using var rig = new Rig();
        using var systemd = new NotifySocket(Path.Combine(rig.Folder, "notify"));
        rig.StartDaemon(systemd.Path);
        rig.WaitUntilControlled();
        var clock = Stopwatch.StartNew();
        Box.Signal(rig.Daemon.Id, ProcessInterop.SIGSTOP);

        // What Type=notify, WatchdogSec=2 and ExecStopPost= do.
        systemd.WaitForSilence(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4));
        Rig.Kill(rig.Daemon);
        Assert.Equal(0, Programs.Run("appliance-safe", ["--run-dir", rig.RunDirectory]).ExitCode);

        rig.WaitForFullCooling(TimeSpan.FromSeconds(1));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 4);
    }

    [Fact]
    public void The_daemon_is_ready_within_150_ms_and_feeds_its_watchdog_only_while_it_ticks()
    {
        using var rig = new Rig();
        using var systemd = new NotifySocket(Path.Combine(rig.Folder, "notify"));
        var starts = new List<double>();
        for (var i = 0; i < 3; i++)
        {
            var clock = Stopwatch.StartNew();
            rig.StartDaemon(systemd.Path);
            systemd.WaitFor("READY=1", TimeSpan.FromSeconds(5));
            starts.Add(clock.Elapsed.TotalMilliseconds);
            systemd.WaitFor("WATCHDOG=1", TimeSpan.FromSeconds(1));
            systemd.WaitFor("WATCHDOG=1", TimeSpan.FromSeconds(1));
            clock.Restart();
            Box.Signal(rig.Daemon.Id, ProcessInterop.SIGTERM);
            systemd.WaitFor("STOPPING=1", TimeSpan.FromSeconds(2));
            Assert.True(rig.Daemon.WaitForExit(TimeSpan.FromSeconds(2)));
            Assert.Equal(0, rig.Daemon.ExitCode);
            Assert.InRange(clock.Elapsed.TotalSeconds, 0, 2);
            rig.WaitForFullCooling(TimeSpan.FromSeconds(0.5));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"exec to READY: {string.Join(", ", starts.Select(s => $"{s:0} ms"))}");
        Assert.InRange(starts.Min(), 0, 150);
    }

    [Fact]
    public void A_second_daemon_is_refused_in_one_line_and_does_not_touch_the_fans()
    {
        using var rig = new Rig();
        rig.StartDaemon();
        rig.WaitUntilControlled();

        var second = Programs.Run("appliance", ["daemon", "--simulated", "--run-dir", rig.RunDirectory, "--config", rig.ConfigFile]);

        Assert.Equal(1, second.ExitCode);
        Assert.Contains($"{rig.Daemon.Id}", second.ErrorLine, StringComparison.Ordinal);
        Assert.Single(second.ErrorLine.Split('\n'));
        for (var i = 0; i < 20; i++)
        {
            Assert.All(rig.Numbers("fan_pwm"), p => Assert.InRange(p, 1, 254));
            Thread.Sleep(25);
        }
    }

    [Fact]
    public void A_reboot_in_the_middle_of_a_leak_comes_up_with_the_leak_latched()
    {
        using var rig = new Rig();
        rig.StartDaemon();
        rig.WaitUntilControlled();
        rig.Inject("leak_gross", value: 1);
        Wait.Until("shutdown", TimeSpan.FromSeconds(15), () => rig.Mode() == "shutdown");
        Thread.Sleep(500); // the latch is on disk within a quarter of a second
        Rig.Kill(rig.Daemon);
        rig.ClearFaults();
        Rig.Kill(rig.Twin);

        rig.StartTwin();
        rig.StartDaemon();

        Wait.Until("the daemon answers", TimeSpan.FromSeconds(5), () => rig.Mode() is "shutdown" or "running");
        Assert.Equal("shutdown", rig.Mode());
        Thread.Sleep(2000);
        Assert.Equal("shutdown", rig.Mode());
    }

    [Fact]
    public void A_broken_configuration_at_reload_leaves_the_running_one_in_force_and_is_an_alarm()
    {
        using var rig = new Rig();
        using var systemd = new NotifySocket(Path.Combine(rig.Folder, "notify"));
        rig.StartDaemon(systemd.Path);
        rig.WaitUntilControlled();
        var good = File.ReadAllText(rig.ConfigFile);

        File.WriteAllText(rig.ConfigFile, good.Replace("\"daemon\": {", "\"daemon\": { \"setpoint_c\": 380,", StringComparison.Ordinal));
        Box.Signal(rig.Daemon.Id, ProcessInterop.SIGHUP);
        Wait.Until("the alarm", TimeSpan.FromSeconds(5), () => rig.Cli("alarms", "--json").Contains("config_invalid", StringComparison.Ordinal));
        Assert.Equal("running", rig.Mode());
        Assert.Contains("\"setpoint_c\":38,", rig.Cli("thermal", "--json"), StringComparison.Ordinal);

        File.WriteAllText(rig.ConfigFile, good.Replace("\"daemon\": {", "\"daemon\": { \"setpoint_c\": 37.5,", StringComparison.Ordinal));
        Box.Signal(rig.Daemon.Id, ProcessInterop.SIGHUP);
        Wait.Until("the new setpoint", TimeSpan.FromSeconds(5), () => rig.Cli("thermal", "--json").Contains("\"setpoint_c\":37.5", StringComparison.Ordinal));
        Wait.Until("the alarm clears", TimeSpan.FromSeconds(10), () => !rig.Cli("alarms", "--json").Contains("config_invalid", StringComparison.Ordinal));
        Assert.True(rig.Numbers("fan_pwm").All(p => p < 255));
    }

    [Fact]
    public void The_agents_heartbeat_limits_the_gpus_of_a_box_whose_daemon_is_stopped()
    {
        using var box = Box.StartReady();
        box.WaitUntil("five processes", TimeSpan.FromSeconds(15), () => box.Children().Count == 5);
        box.WaitUntil("frames have been seen", TimeSpan.FromSeconds(10), () => Truth(box, "fan_pwm").All(p => p < 240));
        Thread.Sleep(1500);
        var clock = Stopwatch.StartNew();

        Box.Signal(box.Children()["daemon"], ProcessInterop.SIGSTOP);

        box.WaitUntil("full cooling", TimeSpan.FromSeconds(8), () => Truth(box, "fan_pwm").Concat(Truth(box, "pump_pwm")).All(p => p == 255));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, _deadline);
        box.WaitUntil("the GPUs at their lowest limit", TimeSpan.FromSeconds(8), () => Truth(box, "gpu_limit_w").All(w => w == 200));
    }

    [Fact]
    public void A_dead_daemon_with_both_pumps_dead_leaves_the_gpus_at_their_lowest_limit_at_once()
    {
        using var box = Box.StartReady();
        box.WaitUntil("five processes", TimeSpan.FromSeconds(15), () => box.Children().Count == 5);
        var twin = Path.Combine(box.RunDirectory, "twin.sock");
        foreach (var pump in (string[])["pump1", "pump2"])
            ControlSocket.Ask(twin, $$$"""{"verb":"inject","args":{"fault":"pump_dead","target":"{{{pump}}}"}}""");

        Box.Signal(box.Children()["daemon"], ProcessInterop.SIGKILL);

        box.WaitUntil("limits at their lowest", TimeSpan.FromSeconds(3), () => Truth(box, "gpu_limit_w").All(w => w == 200));
    }

    private static double[] Truth(Box box, string name) =>
        [.. ControlSocket.Ask(Path.Combine(box.RunDirectory, "twin.sock"), """{"verb":"truth"}""").GetProperty(name)
            .EnumerateArray().Select(n => n.GetDouble())];
}
