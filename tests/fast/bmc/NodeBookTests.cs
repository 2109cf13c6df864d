using System.Text;
using System.Text.Json;
using Appliance.Model;
using BmcAgent;
using Microsoft.Extensions.Time.Testing;

namespace FastTests.Bmc;

public sealed class NodeBookTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Noon);
    private readonly NodeBook _book;

    public NodeBookTests() => _book = new NodeBook(_time);

    private StateChange? Say(string below, string payload) => _book.Fold($"appliance/v1/box1/{below}", Encoding.UTF8.GetBytes(payload));

    private StateChange? State(string word) => Say("$state", $$"""{"state":"{{word}}","boot":1,"ts":"2026-11-23T12:00:00Z"}""");

    private void RaiseAlarm(string target) => Say($"alarm/fan_stalled/{target}",
        JsonSerializer.Serialize(new Alarm("fan_stalled", target, Severity.Warning, "It stands.", "Look.", Noon), ModelJson.Default.Alarm));

    [Fact]
    public void A_last_will_is_told_as_a_change_and_dated_by_our_clock()
    {
        Assert.Equal(new StateChange("box1", null, "ready"), State("ready"));
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(new StateChange("box1", "ready", "lost"), State("lost"));
        Assert.Equal(Noon.AddMinutes(5), _book.Find("box1")!.StateSince);
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Null(State("lost"));
        Assert.Equal(Noon.AddMinutes(5), _book.Find("box1")!.StateSince);
    }

    [Fact]
    public void What_a_broker_does_not_repeat_after_a_reconnect_is_over()
    {
        _book.BeginGeneration();
        State("ready");
        RaiseAlarm("fan1");
        RaiseAlarm("fan2");

        _book.BeginGeneration();
        State("ready");
        RaiseAlarm("fan2");
        Assert.Empty(_book.Sweep());
        Assert.Equal("fan2", Assert.Single(_book.Find("box1")!.Snapshot.Alarms).Target);
    }

    [Fact]
    public void A_node_that_does_not_come_back_after_a_reconnect_is_lost_once()
    {
        _book.BeginGeneration();
        State("ready");
        _book.BeginGeneration();
        Assert.Equal([new StateChange("box1", "ready", "lost")], _book.Sweep());
        Assert.Empty(_book.Sweep());
        Assert.Equal("lost", _book.Find("box1")!.Snapshot.State!.State);
    }

    [Fact]
    public void What_an_earlier_life_knew_is_shown_until_it_is_contradicted()
    {
        State("ready");
        RaiseAlarm("fan1");
        var next = new NodeBook(_time);
        next.Remember(_book.All());
        Assert.Equal("fan1", Assert.Single(next.Find("box1")!.Snapshot.Alarms).Target);
        next.BeginGeneration();
        Assert.Equal([new StateChange("box1", "ready", "lost")], next.Sweep());
        Assert.Empty(next.Find("box1")!.Snapshot.Alarms);
    }

    [Fact]
    public void Views_survive_their_file_and_a_broken_file_is_said()
    {
        using var directory = new Bus.TemporaryDirectory();
        State("ready");
        RaiseAlarm("fan1");
        Say("frame/thermal", """{"ts":"2026-11-23T12:00:00Z","mode":"running","coolant_supply_c":38.25}""");
        var file = new LastKnownFile(directory.File("last-known.json"));
        Assert.Empty(file.Read(out var fault));
        Assert.Null(fault);
        file.Write(_book.All());
        var read = Assert.Single(file.Read(out fault));
        Assert.Equal((38.25, "ready", 1), (read.Snapshot.Thermal!.CoolantSupplyC, read.Snapshot.State!.State, read.Snapshot.Alarms.Count));
        Assert.Null(read.HeardAt);
        File.WriteAllText(directory.File("last-known.json"), "[{\"snapshot\":");
        Assert.Empty(file.Read(out fault));
        Assert.NotNull(fault);
    }

    [Fact]
    public void A_change_completes_the_signal_and_grows_the_version()
    {
        var (signal, version) = (_book.Changed, _book.Version);
        Assert.False(signal.IsCompleted);
        State("ready");
        Assert.True(signal.IsCompleted);
        Assert.True(_book.Version > version);
    }

    [Fact]
    public void A_bus_full_of_names_does_not_fill_our_memory()
    {
        for (var n = 0; n < NodeBook.NodeLimit + 10; n++)
            _book.Fold($"appliance/v1/node{n}/$state", "{\"state\":\"ready\",\"boot\":1,\"ts\":\"2026-11-23T12:00:00Z\"}"u8);
        Assert.Equal(NodeBook.NodeLimit, _book.All().Count);
    }

    [Theory]
    [InlineData("appliance/v1/box1/frame/gpu/0", "box1", "frame/gpu/0")]
    [InlineData("appliance/v1/box1/$state", "box1", "$state")]
    [InlineData("appliance/v1/box1", null, null)]
    [InlineData("appliance/v1//x", null, null)]
    [InlineData("appliance/v2/box1/x", null, null)]
    public void Topics_split_into_node_and_rest(string topic, string? node, string? below) =>
        Assert.Equal(node is null ? null : (node, below!), NodeBook.SplitTopic(topic));
}
