using System.Text.Json;
using Appliance.Model;
using BmcAgent;
using CsCheck;

namespace FastTests.Bmc;

public sealed class SnapshotFoldTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static readonly Snapshot Nothing = new() { Node = "box1" };

    private static byte[] Thermal(DateTimeOffset ts, double supply) =>
        JsonSerializer.SerializeToUtf8Bytes(new ThermalFrame { Ts = ts, Mode = "running", CoolantSupplyC = supply }, ModelJson.Default.ThermalFrame);

    private static byte[] AlarmOf(string code, string target) => JsonSerializer.SerializeToUtf8Bytes(
        new Alarm(code, target, Severity.Warning, "Something.", "Look at it.", Noon), ModelJson.Default.Alarm);

    private static Snapshot Apply(Snapshot held, string below, byte[] payload) => SnapshotFold.Apply(held, below, payload, Noon);

    [Fact]
    public void Frames_arriving_in_any_order_leave_the_newest() =>
        Gen.Shuffle(Enumerable.Range(0, 8).ToArray()).Sample(order =>
        {
            var folded = order.Aggregate(Nothing, (held, n) => Apply(held, "frame/thermal", Thermal(Noon.AddSeconds(n - 10), 30 + n)));
            return folded.Thermal!.CoolantSupplyC == 37;
        });

    [Fact]
    public void A_clock_that_was_set_back_does_not_freeze_the_panel()
    {
        var ahead = Apply(Nothing, "frame/thermal", Thermal(Noon.AddHours(1), 50));
        Assert.Equal(38, Apply(ahead, "frame/thermal", Thermal(Noon, 38)).Thermal!.CoolantSupplyC);
    }

    [Fact]
    public void An_alarm_is_named_by_its_topic_and_cleared_by_an_empty_payload()
    {
        var raised = Apply(Nothing, "alarm/fan_stalled/fan3", AlarmOf("something_else", "fan9"));
        Assert.Equal(("fan_stalled", "fan3"), (raised.Alarms[0].Code, raised.Alarms[0].Target));
        Assert.Empty(Apply(raised, "alarm/fan_stalled/fan3", []).Alarms);
        Assert.Single(Apply(raised, "alarm/fan_stalled/fan4", []).Alarms);
    }

    [Fact]
    public void A_sender_of_endless_alarms_is_held_to_the_limit_and_known_ones_still_change()
    {
        var full = Enumerable.Range(0, SnapshotFold.AlarmLimit + 5)
            .Aggregate(Nothing, (held, n) => Apply(held, $"alarm/test/t{n}", AlarmOf("test", $"t{n}")));
        Assert.Equal(SnapshotFold.AlarmLimit, full.Alarms.Count);
        Assert.Equal(SnapshotFold.AlarmLimit - 1, Apply(full, "alarm/test/t0", []).Alarms.Count);
    }

    [Theory]
    [InlineData("frame/thermal", "{\"mode\":")]
    [InlineData("frame/thermal", "{\"mode\":\"running\"}")]
    [InlineData("$state", "[]")]
    [InlineData("alarm/a/b", "{\"severity\":\"odd\"}")]
    public void What_is_not_what_its_topic_promises_is_refused(string below, string payload) =>
        Assert.Throws<JsonException>(() => Apply(Nothing, below, System.Text.Encoding.UTF8.GetBytes(payload)));

    [Theory]
    [InlineData("frame/tomorrow", "{}")]
    [InlineData("frame/gpu/64", "{}")]
    [InlineData("frame/gpu/-1", "{}")]
    [InlineData("frame/gpu/x", "{}")]
    [InlineData("state/thermal/flow", "{}")]
    [InlineData("alarm/only_a_code", "{}")]
    [InlineData("frame/thermal", "")]
    public void What_says_nothing_to_us_changes_nothing(string below, string payload) =>
        Assert.Same(Nothing, Apply(Nothing, below, System.Text.Encoding.UTF8.GetBytes(payload)));
}
