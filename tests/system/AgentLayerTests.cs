using System.Diagnostics;

namespace SystemTests;

/// <summary>
/// The bmc-agent's layer alone: its user has no device of a GPU, and neither a chip's watchdog nor systemd nor the launcher helps. The real
/// bmc-agent, appliance-safe and appliance-rights as processes; the driver is the twin's, and only appliance-rights can find it.
/// </summary>
public sealed class AgentLayerTests
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(6);

    [Theory]
    [InlineData(ProcessInterop.SIGKILL)]
    [InlineData(ProcessInterop.SIGSTOP)]
    public void The_agents_heartbeat_alone_cools_and_limits_the_gpus_within_six_seconds(int signal)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-socket-activate"), "systemd-socket-activate is not installed");
        using var rig = new Rig();
        rig.StartDaemon();
        using var box = new AgentBox(rig);
        box.StartRights();
        box.StartAgent();
        rig.WaitUntilControlled();
        box.WaitUntilHeard();
        Assert.All(box.Duties, d => Assert.Equal("60", d));
        Assert.All(rig.Numbers("gpu_limit_w"), w => Assert.InRange(w, 201, 700));

        var clock = Stopwatch.StartNew();
        Box.Signal(rig.Daemon.Id, signal);

        Wait.Until("fans and pumps at full", _deadline + TimeSpan.FromSeconds(3), () => box.Duties.All(d => d == "255"));
        var rotors = clock.Elapsed;
        Wait.Until("the GPUs at their lowest limit", TimeSpan.FromSeconds(3), () => rig.Numbers("gpu_limit_w").All(w => w == 200));
        TestContext.Current.TestOutputHelper?.WriteLine($"signal {signal}: rotors at full after {rotors.TotalSeconds:0.00} s, GPUs {clock.Elapsed.TotalSeconds:0.00} s");

        Assert.InRange(rotors, TimeSpan.FromSeconds(2.9), _deadline);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, _deadline);
        Wait.Until("the event", TimeSpan.FromSeconds(5), () => box.Events.Contains("safe_state_written", StringComparison.Ordinal));
        Assert.Contains("8 fans and pumps at full, 8 GPUs at their lowest limit", box.Events, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loop_that_hangs_while_its_daemon_still_answers_is_cooled_too()
    {
        using var rig = new Rig();
        rig.StartDaemon();
        using var box = new AgentBox(rig, known: true);
        box.StartAgent();
        rig.WaitUntilControlled();
        box.WaitUntilHeard();

        var clock = Stopwatch.StartNew();
        rig.HangTheCoolantChip();

        Wait.Until("fans and pumps at full", _deadline + TimeSpan.FromSeconds(3), () => box.Duties.All(d => d == "255"));
        TestContext.Current.TestOutputHelper?.WriteLine($"hung: rotors at full after {clock.Elapsed.TotalSeconds:0.00} s");
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(2.9), _deadline);
        Assert.Contains("\"pid\"", rig.Cli("status", "--json"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_daemon_without_a_bus_is_left_alone_as_long_as_it_answers_and_cooled_within_six_seconds_when_it_stops()
    {
        using var rig = new Rig();
        rig.StartDaemon();
        using var box = new AgentBox(rig, known: true);
        var config = Path.Combine(rig.Folder, "other-bus.json");
        File.WriteAllText(config, Ports.Free().Config());
        box.StartAgent(config);
        rig.WaitUntilControlled();
        Wait.Until("the silence is told", TimeSpan.FromSeconds(25), () => box.Events.Contains("telemetry_silent", StringComparison.Ordinal));
        Thread.Sleep(6000);
        Assert.All(box.Duties, d => Assert.Equal("60", d));

        var clock = Stopwatch.StartNew();
        Box.Signal(rig.Daemon.Id, ProcessInterop.SIGSTOP);

        Wait.Until("fans and pumps at full", _deadline + TimeSpan.FromSeconds(3), () => box.Duties.All(d => d == "255"));
        TestContext.Current.TestOutputHelper?.WriteLine($"without a bus: rotors at full after {clock.Elapsed.TotalSeconds:0.00} s");
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(2.9), _deadline);
    }

    [Fact]
    public void A_daemon_that_is_started_anew_within_two_seconds_is_left_alone()
    {
        using var rig = new Rig();
        rig.StartDaemon();
        using var box = new AgentBox(rig);
        box.StartAgent();
        rig.WaitUntilControlled();
        box.WaitUntilHeard();

        for (var i = 0; i < 3; i++)
        {
            Rig.Kill(rig.Daemon);
            Thread.Sleep(2000);
            rig.StartDaemon();
            Thread.Sleep(2500);
        }

        Assert.All(box.Duties, d => Assert.Equal("60", d));
        Assert.DoesNotContain("safe_state", box.Events, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_appliance_rights_the_rotors_stand_at_full_all_the_same_and_the_gpus_are_named()
    {
        using var rig = new Rig();
        using var box = new AgentBox(rig);
        var clock = Stopwatch.StartNew();

        var safe = box.Safe();

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(4));
        Assert.Equal(1, safe.ExitCode);
        Assert.Contains("8 fans and pumps at full, 0 GPUs at their lowest limit", safe.Output, StringComparison.Ordinal);
        Assert.Contains("appliance-rights does not answer", safe.Output, StringComparison.Ordinal);
        Assert.All(box.Duties, d => Assert.Equal("255", d));
    }

    [Fact]
    public async Task A_gpu_whose_driver_hangs_delays_no_rotor_and_keeps_no_other_gpu_from_its_limit()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-socket-activate"), "systemd-socket-activate is not installed");
        using var rig = new Rig();
        rig.StartDaemon();
        using var box = new AgentBox(rig);
        box.StartRights();
        rig.WaitUntilControlled();
        Box.Signal(rig.Daemon.Id, ProcessInterop.SIGSTOP);
        rig.Inject("gpu_hung", "gpu3");
        Thread.Sleep(1000);

        var clock = Stopwatch.StartNew();
        var safe = Task.Run(box.Safe, TestContext.Current.CancellationToken);
        Wait.Until("fans and pumps at full", TimeSpan.FromSeconds(1), () => box.Duties.All(d => d == "255"));
        Wait.Until("seven GPUs limited", TimeSpan.FromSeconds(2), () => rig.Numbers("gpu_limit_w").Count(w => w == 200) == 7);

        Assert.Contains("7 GPUs at their lowest limit; FAILED GPUs: gpu3: the driver does not answer", (await safe).Output, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }
}
