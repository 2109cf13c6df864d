using Appliance.Bus;
using Xunit;

namespace FastTests.Bus;

public class RetainedTableTests
{
    private static Outgoing Retained(string topic, string text) =>
        new(topic, System.Text.Encoding.UTF8.GetBytes(text), Retain: true, Qos: 1);

    [Fact]
    public void What_an_earlier_life_left_on_the_broker_is_cleared()
    {
        var table = new RetainedTable(10);
        var correction = table.Correction("alarm/fan_stalled/fan3", "{}"u8);
        Assert.True(correction is { Retain: true, Payload.IsEmpty: true });
    }

    [Fact]
    public void A_late_last_will_is_overwritten_by_the_current_value()
    {
        var table = new RetainedTable(10);
        table.Set(Retained("$state", "ready"));
        Assert.Equal("ready"u8.ToArray(), table.Correction("$state", "lost"u8)!.Payload.ToArray());
        Assert.Null(table.Correction("$state", "ready"u8));
    }

    [Fact]
    public void A_cleared_topic_is_neither_repeated_nor_corrected()
    {
        var table = new RetainedTable(10);
        table.Set(Retained("a", "1"));
        table.Set(new Outgoing("a", ReadOnlyMemory<byte>.Empty, Retain: true, Qos: 1));
        Assert.Empty(table.All());
        Assert.Null(table.Correction("a", []));
    }

    [Theory]
    [InlineData("a/+/c", "a/b/c", true)]
    [InlineData("a/+/c", "a/b/d", false)]
    [InlineData("a/#", "a/b/c", true)]
    [InlineData("a/#", "a", true)]
    [InlineData("a/#", "ab/c", false)]
    [InlineData("a/+", "a", false)]
    [InlineData("a/+", "a/b/c", false)]
    [InlineData("#", "a/b", true)]
    [InlineData("#", "$SYS/uptime", false)]
    [InlineData("+/uptime", "$SYS/uptime", false)]
    [InlineData("a/b", "a/b", true)]
    [InlineData("a/+/$state", "a/box1/$state", true)]
    public void Filters_match_as_the_standard_says(string filter, string topic, bool matches) =>
        Assert.Equal(matches, TopicFilter.Matches(filter, topic));
}
