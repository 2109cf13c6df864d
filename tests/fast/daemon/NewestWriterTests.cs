using Appliance.Daemon.Loop;

namespace FastTests.Daemon;

public sealed class NewestWriterTests
{
    [Fact]
    public async Task What_cannot_be_kept_is_told()
    {
        using var told = new StringWriter();
        var writer = new NewestWriter<string>("the alarm book", _ => "alarms.json: no space left", told);
        writer.Keep("fan3");
        writer.Complete();
        await writer.RunAsync();
        Assert.Equal("appliance: the alarm book cannot be kept: alarms.json: no space left\n", told.ToString());
    }

    [Fact]
    public void It_is_told_when_it_begins_and_when_it_ends()
    {
        using var told = new StringWriter();
        var teller = new KeepTeller("the alarm book", told);
        foreach (var fault in (string?[])[null, "full", "full", "full", null, null])
            teller.Tell(fault);
        Assert.Equal(["appliance: the alarm book cannot be kept: full", "appliance: the alarm book is kept again.", ""], told.ToString().Split('\n'));
    }
}
