using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Appliance.Bus;
using Appliance.Model;

namespace SystemTests.Bmc;

/// <summary>The bmc-agent as a process: its broker, its memory, its watch over the daemon, and the bus clients that outlive it.</summary>
public sealed class AgentTests
{
    private static readonly byte[] Lost = """{"state":"lost","boot":1,"ts":"2026-11-23T22:00:00.000Z"}"""u8.ToArray();

    private static NodeState Ready => new("ready", 1, TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task Events_posted_while_the_agent_is_killed_again_and_again_are_all_in_its_log_once_and_in_order()
    {
        using var agent = new AgentProcess();
        agent.Start();
        using var outbox = EventOutbox.Open(Path.Combine(agent.Folder, "outbox"), TimeProvider.System);
        using var stop = new CancellationTokenSource();
        agent.Client("daemon", session => outbox.Attach(session, agent.Topics));
        var runs = outbox.RunAsync(stop.Token);
        const int events = 400;
        for (var n = 1; n <= events; n++)
        {
            Assert.True(outbox.Post("test", Severity.Information, $"Event {n}."));
            if (n % 100 == 50)
            {
                agent.Kill();
                agent.Start();
            }

            Thread.Sleep(2);
        }

        agent.WaitUntil("everything acknowledged", 20, () => outbox.Status is { LastSeq: events, AckedSeq: events });
        await stop.CancelAsync();
        await runs;
        var logged = agent.Get("/api/events?limit=1000&kind=test").GetProperty("events").EnumerateArray()
            .Select(e => e.GetProperty("text").GetString()).Reverse().ToArray();
        Assert.Equal(Enumerable.Range(1, events).Select(n => $"Event {n}."), logged);
        Assert.Empty(agent.Get("/api/events?kind=events_missing").GetProperty("events").EnumerateArray());
    }

    [Fact]
    public void What_a_node_retains_is_there_again_after_the_broker_was_killed()
    {
        using var agent = new AgentProcess();
        agent.Start();
        var daemon = agent.Client("daemon", will: new BusWill(agent.Topics.State, Lost));
        daemon.Publish(agent.Topics.State, Ready, ModelJson.Default.NodeState, retain: true, qos: 1);
        daemon.Publish(agent.Topics.Point("thermal", "flow"), "{\"v\":9.8}"u8.ToArray(), retain: true, qos: 1);
        agent.WaitUntil("ready", 5, () => State(agent) == "ready");
        agent.Kill();
        agent.Start();
        using var late = new Subscriber(agent.Ports.Mqtt, "appliance/v1/box1/#");
        agent.WaitUntil("state and point for a late comer", 5, () =>
            late.Messages.Any(m => m.Topic.EndsWith("/$state", StringComparison.Ordinal) && m.Payload.Contains("ready", StringComparison.Ordinal))
            && late.Messages.Any(m => m.Topic.EndsWith("/flow", StringComparison.Ordinal)));
        agent.WaitUntil("ready on the panel", 5, () => State(agent) == "ready");
    }

    [Fact]
    public void An_alarm_of_an_earlier_life_is_cleared_by_the_owner_that_does_not_hold_it()
    {
        using var agent = new AgentProcess();
        agent.Start();
        var alarm = new Alarm("fan_stalled", "fan3", Severity.Warning, "It stands.", "Look.", TimeProvider.System.GetUtcNow());
        var before = agent.Client("before");
        before.Publish(agent.Topics.Alarm("fan_stalled", "fan3"), alarm, ModelJson.Default.Alarm, retain: true, qos: 1);
        agent.WaitUntil("the alarm", 5, () => Alarms(agent) == 1);
        agent.Client("after", session => session.Own("appliance/v1/box1/alarm/#"));
        agent.WaitUntil("no alarm", 5, () => Alarms(agent) == 0);
    }

    [Fact]
    public void A_session_never_keeps_its_caller_waiting_while_the_broker_is_away_and_delivers_the_newest_when_it_is_back()
    {
        using var agent = new AgentProcess();
        var session = agent.Client("daemon");
        var clock = Stopwatch.StartNew();
        for (var n = 0; n <= 10_000; n++)
            session.Publish(agent.Topics.Point("thermal", "flow"), Encoding.UTF8.GetBytes($$"""{"v":{{n}}}"""), retain: true, qos: 1);
        Assert.InRange(clock.ElapsedMilliseconds, 0, 1000);
        Assert.False(session.IsConnected);
        Assert.Equal(10_000, session.Counters.Superseded);
        agent.Start();
        using var late = new Subscriber(agent.Ports.Mqtt, "appliance/v1/box1/#");
        agent.WaitUntil("the newest value", 5, () => late.Messages.Any(m => m.Payload == """{"v":10000}"""));
        Assert.DoesNotContain(late.Messages, m => m.Payload == """{"v":0}""");
    }

    [Fact]
    public void A_daemon_that_falls_silent_leaves_every_fan_at_full_because_the_agent_saw_to_it_once()
    {
        using var agent = new AgentProcess();
        var chip = Directory.CreateDirectory(Path.Combine(agent.RunDirectory, "sysfs/sys/class/hwmon/hwmon3")).FullName;
        Directory.CreateDirectory(Path.Combine(agent.RunDirectory, "sysfs/twin"));
        File.WriteAllText(Path.Combine(chip, "name"), "max31790\n");
        for (var fan = 1; fan <= 6; fan++)
        {
            File.WriteAllText(Path.Combine(chip, $"pwm{fan}"), "60\n");
            File.WriteAllText(Path.Combine(chip, $"pwm{fan}_enable"), "1\n");
        }

        agent.Start();
        var daemon = agent.Client("daemon");
        for (var tick = 1; tick <= 6; tick++)
        {
            daemon.Publish(agent.Topics.Frame("thermal"),
                new ThermalFrame { Ts = TimeProvider.System.GetUtcNow(), Mode = "running", CoolantSupplyC = 38, Tick = tick }, ModelJson.Default.ThermalFrame);
            Thread.Sleep(500);
        }

        string[] Duties() => [.. Enumerable.Range(1, 6).Select(fan => File.ReadAllText(Path.Combine(chip, $"pwm{fan}")).Split('\n')[0])];
        Assert.All(Duties(), duty => Assert.Equal("60", duty));
        agent.WaitUntil("fans at full", 8, () => Duties().All(duty => duty == "255"));
        agent.WaitUntil("the event", 5, () => agent.Get("/api/events?kind=safe_state_written").GetProperty("events").GetArrayLength() == 1);
        Thread.Sleep(5000);
        Assert.Equal(1, agent.Get("/api/events?text=sign of life").GetProperty("events").GetArrayLength());
    }

    [Fact]
    public void SIGTERM_ends_it_well_and_quickly()
    {
        using var agent = new AgentProcess();
        agent.Start();
        agent.Client("daemon").Publish(agent.Topics.State, Ready, ModelJson.Default.NodeState, retain: true, qos: 1);
        agent.WaitUntil("ready", 5, () => State(agent) == "ready");
        Assert.Equal(0, agent.Stop());
        Assert.True(File.Exists(Path.Combine(agent.RunDirectory, "state/last-known.json")));
    }

    [Theory]
    [InlineData(64, "swerve")]
    [InlineData(64, "serve", "--prot", "1")]
    [InlineData(64)]
    [InlineData(78, "serve", "--config", "/does/not/exist.json")]
    public void Wrong_words_and_files_are_one_line(int exitCode, params string[] arguments)
    {
        var outcome = Programs.Run("bmc-agent", arguments);
        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.Single(outcome.ErrorLine.Split('\n'));
        Assert.StartsWith("bmc-agent: ", outcome.ErrorLine, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"bmc_agent":{"listen":"0.0.0.0"}}""", "bmc_agent.listen is \"0.0.0.0\"")]
    [InlineData("""{"bus":{"host":"192.0.2.1"}}""", "bus.host is \"192.0.2.1\"")]
    [InlineData("""{"bus":{"port":8000}}""", "8000")]
    public void What_cannot_be_served_safely_is_refused_by_name(string configuration, string says)
    {
        using var agent = new AgentProcess(configuration);
        var outcome = Programs.Run("bmc-agent", ["serve", "--config", agent.ConfigFile, "--run-dir", agent.RunDirectory]);
        Assert.Equal(78, outcome.ExitCode);
        Assert.Single(outcome.ErrorLine.Split('\n'));
        Assert.Contains(says, outcome.ErrorLine, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "bus.port")]
    [InlineData(false, "bmc_agent.port")]
    public void A_port_in_use_is_named_with_its_holder_and_its_setting(bool broker, string setting)
    {
        using var first = new AgentProcess();
        first.Start();
        var port = broker ? first.Ports.Mqtt : first.Ports.Panel;
        var free = Ports.Free();
        using var second = new AgentProcess((broker ? free with { Mqtt = port } : free with { Panel = port }).Config());
        var outcome = Programs.Run("bmc-agent", ["serve", "--config", second.ConfigFile, "--run-dir", second.RunDirectory]);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Single(outcome.ErrorLine.Split('\n'));
        foreach (var part in new[] { $"port {port} ", $"bmc-agent (pid {first.Pid})", setting })
            Assert.Contains(part, outcome.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public void Mosquitto_clients_without_an_id_get_one()
    {
        using var agent = new AgentProcess();
        agent.Start();
        var outcome = Programs.Run("mosquitto_pub", ["-h", "127.0.0.1", "-p", $"{agent.Ports.Mqtt}", "-V", "5", "-t", "test", "-m", "x", "-q", "1"]);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
    }

    private static string? State(AgentProcess agent) =>
        agent.Get("/api/snapshot").GetProperty("snapshot") is { ValueKind: JsonValueKind.Object } snapshot
        && snapshot.GetProperty("state") is { ValueKind: JsonValueKind.Object } state ? state.GetProperty("state").GetString() : null;

    private static int Alarms(AgentProcess agent) =>
        agent.Get("/api/snapshot").GetProperty("snapshot") is { ValueKind: JsonValueKind.Object } snapshot ? snapshot.GetProperty("alarms").GetArrayLength() : 0;
}
