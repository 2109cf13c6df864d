using Appliance.Health.KernelLog;
using CsCheck;
using Xunit;

namespace FastTests.Health.KernelLog;

public sealed class LogTextTests
{
    private const string Said = "NVRM: Xid (PCI:0000:1b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.";

    [Theory]
    [InlineData("4,1234,5678901,-;", 5.678901)]
    [InlineData("4,1234,5678901,-,caller=T12;", 5.678901)]
    [InlineData("[    5.678901] ", 5.678901)]
    [InlineData("[    5.678901][ T1234] ", 5.678901)]
    [InlineData("<4>[    5.678901] ", 5.678901)]
    [InlineData("kern  :warn  : [    5.678901] ", 5.678901)]
    [InlineData("Nov 25 20:43:17 box1 kernel: [    5.678901] ", 5.678901)]
    [InlineData("2026-11-25T20:43:17.123456+00:00 box1 kernel: [    5.678901] ", 5.678901)]
    [InlineData("", null)]
    public void A_record_is_read_from_every_head(string head, double? seconds)
    {
        var line = Assert.Single(LogText.Read([head + Said]));
        Assert.Equal(Said, line.Text);
        Assert.Equal(seconds, line.At?.TotalSeconds);
    }

    [Theory]
    [InlineData("Nov  5 20:43:17 box1 kernel: {0}", "Nov  5 20:43:19 box1 kernel: {0}")]
    [InlineData("2026-11-25T20:43:17.100000+00:00 box1 kernel: {0}", "2026-11-25T20:43:19.100000+00:00 box1 kernel: {0}")]
    [InlineData("2026-11-25T20:43:17,100000+00:00 {0}", "2026-11-25T20:43:19,100000+00:00 {0}")]
    [InlineData("[Wed Nov 25 20:43:17 2026] {0}", "[Wed Nov 25 20:43:19 2026] {0}")]
    public void A_time_of_day_tells_how_far_lines_are_apart(string one, string two)
    {
        var lines = LogText.Read([string.Format(one, Said), string.Format(two, Said)]).ToArray();
        Assert.All(lines, l => Assert.Equal(Said, l.Text));
        Assert.Equal(TimeSpan.FromSeconds(2), lines[1].At - lines[0].At);
    }

    [Fact]
    public void Facts_about_a_record_are_not_its_text_and_a_continued_record_is_one()
    {
        var lines = LogText.Read(
            ["6,1,100,-;pci 0000:18:00.0: enabled", " SUBSYSTEM=pci", " DEVICE=+pci:0000:18:00.0", "4,2,200,c;NVRM: Xid ", "4,3,210,+;(PCI:0000:1b:00): 79, x", "6,4,300,-;end"]).ToArray();
        Assert.Equal(["pci 0000:18:00.0: enabled", "NVRM: Xid (PCI:0000:1b:00): 79, x", "end"], lines.Select(l => l.Text));
        Assert.Equal([1, 4, 6], lines.Select(l => l.Number));
    }

    [Fact]
    public void No_line_whatever_breaks_the_reader() =>
        Gen.String[0, 120].Array[0, 10].Sample(lines => KernelLogFile.Decide(lines).Count() <= lines.Length);
}
