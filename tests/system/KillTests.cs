using System.Diagnostics;
using System.Text.Json;

namespace SystemTests;

/// <summary>kill -9 of each process in turn: the others go on, what died comes back, and the coolant does not notice.</summary>
public sealed class KillTests
{
    [Theory]
    [InlineData("daemon")]
    [InlineData("bmc-agent")]
    [InlineData("inference-core")]
    [InlineData("twin")]
    public void A_killed_process_is_restarted_while_the_others_go_on(string victim)
    {
        using var box = Box.StartReady();
        box.WaitUntil("five processes", TimeSpan.FromSeconds(15), () => box.Children().Count == 5);
        var before = box.Children();

        Box.Signal(before[victim], ProcessInterop.SIGKILL);

        box.WaitUntil($"{victim} runs again", TimeSpan.FromSeconds(10),
            () => box.Children().TryGetValue(victim, out var pid) && pid != before[victim] && box.Children().Count == 5);
        // The probe is the daemon's child: it ends with it, once no call into the driver is out, and a new daemon starts a new one.
        foreach (var (name, pid) in box.Children().Where(c => c.Key != victim && !(victim == "daemon" && c.Key == "probe")))
            Assert.True(before[name] == pid, $"{name} was {before[name]} and is {pid} after {victim} was killed");
        box.WaitUntil("the daemon answers with fresh values", TimeSpan.FromSeconds(10),
            () => box.CliJson("thermal").GetProperty("mode").GetString() == "running");
    }

    [Fact]
    public void A_killed_daemon_is_shown_lost_within_three_seconds_and_the_coolant_stays_in_its_band()
    {
        using var box = Box.StartReady();
        using var subscriber = new Subscriber(box.Ports.Mqtt, "appliance/v1/box1/#");
        box.WaitUntil("ready on the bus", TimeSpan.FromSeconds(15), () => States(subscriber).Any(s => s is "ready" or "degraded"));

        var seen = new List<double>();
        var clock = Stopwatch.StartNew();
        Box.Signal(box.Children()["daemon"], ProcessInterop.SIGKILL);
        box.WaitUntil("the last will", TimeSpan.FromSeconds(3), () => States(subscriber).Contains("lost"));
        box.WaitUntil("ready again", TimeSpan.FromSeconds(10), () => States(subscriber)[^1] is "ready" or "degraded");
        while (clock.Elapsed < TimeSpan.FromSeconds(40))
        {
            seen.Add(Supply(box));
            Thread.Sleep(500);
        }

        Assert.All(seen, supply => Assert.InRange(supply, 36, 40));
    }

    [Fact]
    public void A_daemon_killed_five_times_in_a_row_loses_no_event_and_leaves_no_gap()
    {
        using var box = Box.StartReady();
        long last = 0;
        for (var round = 0; round < 5; round++)
        {
            // Killed as soon as its start is on its disk, most times before anybody else has it.
            var pid = WaitForEventsAfter(box, last, out last);
            Box.Signal(pid, ProcessInterop.SIGKILL);
            box.WaitUntil("the killed daemon is gone", TimeSpan.FromSeconds(5), () => !Directory.Exists($"/proc/{pid}"));
        }
        WaitForEventsAfter(box, last, out _);

        using var panel = box.Panel;
        JsonElement[] events = [];
        box.WaitUntil("six starts in the event log", TimeSpan.FromSeconds(15), () =>
        {
            events = [.. JsonDocument.Parse(panel.GetStringAsync("/api/events?limit=1000").GetAwaiter().GetResult()).RootElement
                .GetProperty("events").EnumerateArray()];
            return events.Count(e => e.GetProperty("kind").GetString() == "daemon_started") >= 6;
        });
        foreach (var epoch in events.GroupBy(e => e.GetProperty("epoch").GetInt64()))
        {
            var numbers = epoch.Select(e => e.GetProperty("seq").GetInt64()).Order().ToArray();
            Assert.Equal(Enumerable.Range(0, numbers.Length).Select(i => numbers[0] + i), numbers);
        }
    }

    [Fact]
    public void Ctrl_C_stops_everything_within_five_seconds_and_leaves_nothing_behind()
    {
        using var box = Box.StartReady();
        box.WaitUntil("five processes", TimeSpan.FromSeconds(15), () => box.Children().Count == 5);
        var children = box.Children();

        Box.Signal(box.Launcher.Id, ProcessInterop.SIGINT);

        Assert.True(box.Launcher.WaitForExit(TimeSpan.FromSeconds(5)), box.Log);
        Assert.Empty(children.Where(c => Directory.Exists($"/proc/{c.Value}")));
        Assert.Empty(Directory.EnumerateFiles(box.RunDirectory, "*.sock", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_killed_launcher_leaves_no_orphans()
    {
        using var box = Box.StartReady();
        box.WaitUntil("five processes", TimeSpan.FromSeconds(15), () => box.Children().Count == 5);
        Box.Signal(box.Launcher.Id, ProcessInterop.SIGKILL);
        box.WaitUntil("no child is left", TimeSpan.FromSeconds(5), () => box.Children().Count == 0);
    }

    /// <summary>The daemon that has put an event of its own behind <paramref name="seq"/> on its disk.</summary>
    private static int WaitForEventsAfter(Box box, long seq, out long last)
    {
        var status = default(JsonElement);
        box.WaitUntil($"an event after {seq}", TimeSpan.FromSeconds(15), () =>
        {
            status = box.CliJson("status");
            return status.GetProperty("outbox").GetProperty("last_seq").GetInt64() > seq;
        });
        last = status.GetProperty("outbox").GetProperty("last_seq").GetInt64();
        return status.GetProperty("pid").GetInt32();
    }

    private static string[] States(Subscriber subscriber) =>
        [.. subscriber.Messages.Where(m => m.Topic.EndsWith("/$state", StringComparison.Ordinal)).Select(m => m.Json.GetProperty("state").GetString()!)];

    /// <summary>What the plant really is, asked of the twin: nobody's opinion.</summary>
    private static double Supply(Box box) =>
        ControlSocket.Ask(Path.Combine(box.RunDirectory, "twin.sock"), """{"verb":"truth"}""").GetProperty("coolant_supply_c").GetDouble();
}
