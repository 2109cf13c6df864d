using System.Text.Json;
using Appliance.Bus;
using Appliance.Daemon.Loop;
using Appliance.Health;
using Appliance.Model;
using Microsoft.Extensions.Time.Testing;

namespace FastTests.Daemon;

public sealed class AlarmKeeperTests : IDisposable
{
    private static readonly Finding Stalled = new(AlarmCatalogue.FanStalled, "fan3", "fan3 does not turn.");
    private static readonly Finding Leak = new(AlarmCatalogue.LeakConfirmed, "loop", "A leak sensor is wet.");

    private readonly string _folder = Directory.CreateTempSubdirectory("alarms-").FullName;
    private readonly FakeTimeProvider _time = new(new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Three_lives_of_a_daemon_make_one_raised_one_seen_and_one_cleared_event()
    {
        var first = await Live(keeper =>
        {
            Step(keeper, [Stalled, Leak], 5);
            Assert.Equal(1, keeper.Acknowledge(Stalled.Code, "fan3", "ada"));
        });
        Assert.Equal(["alarm_raised fan_stalled", "alarm_raised leak_confirmed", "alarm_acknowledged fan_stalled", "operator_action "], first);

        var second = await Live(keeper =>
        {
            Assert.Equal([("fan_stalled", true), ("leak_confirmed", false)], keeper.Standing.Select(a => (a.Code, a.Acknowledged)));
            Step(keeper, [], 3); // the rules have not seen enough yet
            Step(keeper, [Stalled, Leak], 20);
            Assert.Equal([("fan_stalled", true), ("leak_confirmed", false)], keeper.Standing.Select(a => (a.Code, a.Acknowledged)));
        });
        Assert.Empty(second);

        var third = await Live(keeper =>
        {
            Step(keeper, [], 60); // mended while nobody looked
            Assert.Equal([("leak_confirmed", false)], keeper.Standing.Select(a => (a.Code, a.Acknowledged)));
        });
        Assert.Equal(["alarm_cleared fan_stalled"], third);
        Assert.Equal(["leak_confirmed"], new AlarmBookFile(_folder).Read(out _).Select(a => a.Code));
    }

    [Fact]
    public void The_disk_hears_of_an_alarm_when_its_life_changes_and_not_when_its_sentence_does()
    {
        var (keeper, kept) = (new AlarmKeeper(new("box1"), _time), new List<int>());
        keeper.TakeUp([], false, standing => kept.Add(standing.Count));
        for (var minute = 0; minute < 10; minute++)
            Step(keeper, [Stalled with { Text = $"fan3 does not turn ({minute} min)." }], 60);
        Assert.Equal("fan3 does not turn (9 min).", Assert.Single(keeper.Standing).Text);
        Assert.Equal([1], kept);
        keeper.Acknowledge(Stalled.Code, null, "ada");
        Assert.Equal([1, 1], kept);
        Step(keeper, [], 10);
        Assert.Equal([1, 1, 0], kept);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[{\"code\":\"fan_stalled\",\"target\":\"fa")]
    [InlineData("null")]
    [InlineData("[null]")]
    [InlineData("[{\"code\":\"fan_stalled\"}]")]
    [InlineData("{\"code\":7}")]
    [InlineData("{\"alarms\":null}")]
    [InlineData("{\"boot_id\":7,\"alarms\":[]}")]
    public void A_broken_file_is_an_empty_book_and_is_told_once(string text)
    {
        File.WriteAllText(Path.Combine(_folder, "alarms.json"), text);
        var file = new AlarmBookFile(_folder);
        Assert.Empty(file.Read(out var fault));
        Assert.Contains("alarms.json", fault);
        Assert.Equal(text, File.ReadAllText(Path.Combine(_folder, "alarms.json.broken")));
        Assert.Empty(file.Read(out fault));
        Assert.Null(fault);
    }

    [Fact]
    public void Every_prefix_of_a_file_is_refused_and_none_breaks_the_start()
    {
        var file = new AlarmBookFile(_folder);
        Assert.Null(file.Write([Alarm("fan_stalled", "fan3"), Alarm("leak_confirmed", "loop")]));
        var whole = File.ReadAllBytes(Path.Combine(_folder, "alarms.json"));
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(Path.Combine(_folder, "alarms.json"), whole[..length]);
            Assert.Empty(file.Read(out var fault));
            Assert.NotNull(fault);
        }
    }

    [Theory]
    [InlineData("a", "a", false)]
    [InlineData("a", "b", true)]
    [InlineData(null, "b", false)]
    [InlineData("a", null, false)]
    public void A_book_knows_whether_the_machine_was_started_anew_since(string? then, string? now, bool rebooted)
    {
        Assert.Null(new AlarmBookFile(_folder, then).Write([Alarm("fan_stalled", "fan3")]));
        var file = new AlarmBookFile(_folder, now);
        Assert.Single(file.Read(out _));
        Assert.Equal(rebooted, file.IsOfEarlierBoot);
    }

    [Fact]
    public void An_alarm_of_another_version_is_left_out_and_the_others_stand()
    {
        var file = new AlarmBookFile(_folder);
        file.Write([Alarm("fan_sad", "fan1"), Alarm("fan_stalled", "fan3")]);
        Assert.Equal(["fan_stalled"], file.Read(out var fault).Select(a => a.Code));
        Assert.Contains("1 of 2", fault);
    }

    [Fact]
    public void What_is_kept_has_a_limit()
    {
        var file = new AlarmBookFile(_folder);
        file.Write([.. Enumerable.Range(0, AlarmBookFile.AlarmLimit + 40).Select(i => Alarm("fan_stalled", $"fan{i}"))]);
        Assert.Equal(AlarmBookFile.AlarmLimit, file.Read(out _).Count);
    }

    [Fact]
    public void A_directory_that_cannot_be_written_is_told_and_breaks_nothing()
    {
        var blocked = Path.Combine(_folder, "not-a-folder");
        File.WriteAllText(blocked, "");
        Assert.NotNull(new AlarmBookFile(Path.Combine(blocked, "state")).Write([Alarm("fan_stalled", "fan3")]));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>A daemon from its start to its end: what it wrote into the outbox, as kind and code.</summary>
    private async Task<string[]> Live(Action<AlarmKeeper> act)
    {
        var (topics, file) = (new BusTopics("box1"), new AlarmBookFile(_folder));
        long before;
        using (var bus = new BusSession(new() { Host = "127.0.0.1", Port = 1, ClientId = "alarm-keeper-tests" }, _time))
        using (var outbox = EventOutbox.Open(Outbox, _time))
        {
            before = outbox.Status.LastSeq;
            var keeper = new AlarmKeeper(topics, _time);
            keeper.TakeUp(file.Read(out var fault), file.IsOfEarlierBoot, standing => Assert.Null(file.Write(standing)));
            Assert.Null(fault);
            keeper.Attach(bus, outbox);
            act(keeper);
            await outbox.RunAsync(new CancellationToken(canceled: true));
        }

        using var store = OutboxStore.Open(Outbox, _time, new());
        return [.. Enumerable.Range(1, (int)(store.LastSeq - before)).Select(i =>
            JsonSerializer.Deserialize(store.Payload(before + i)!, ModelJson.Default.BoxEvent)!).Select(e => $"{e.Kind} {e.Code}")];
    }

    private string Outbox => Path.Combine(_folder, "outbox");

    private void Step(AlarmKeeper keeper, Finding[] found, int seconds)
    {
        for (var second = 0; second < seconds; second++)
        {
            keeper.Step(new() { Now = _time.GetUtcNow(), Reported = found }, new(_time.GetElapsedTime(0), _time.GetUtcNow()));
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private Alarm Alarm(string code, string target) => new(code, target, Severity.Critical, "It is.", "Mend it.", _time.GetUtcNow());
}
