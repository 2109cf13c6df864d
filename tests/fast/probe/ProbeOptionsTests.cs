using Appliance.Hardware;

namespace FastTests.Probe;

/// <summary>What the daemon tells its probe, and what the probe understands of it.</summary>
public sealed class ProbeOptionsTests
{
    private static readonly ProbeOptions _few = new(8, "/", "/run/appliance", TimeSpan.FromMilliseconds(100), Library: null);

    [Fact]
    public void The_probe_understands_what_the_daemon_says()
    {
        var all = _few with { Library = "/lib/libnvidia-ml.so.1", Whole = true, SlotsFile = "/var/lib/appliance/gpu-slots", ReadEvery = TimeSpan.FromSeconds(1) };
        Assert.Equal(_few, ProbeOptions.Parse(_few.Words(), out _));
        Assert.Equal(all, ProbeOptions.Parse(all.Words(), out _));
    }

    [Fact]
    public void A_board_without_GPUs_has_a_probe_too()
    {
        var none = _few with { Gpus = 0 };
        Assert.Equal(none, ProbeOptions.Parse(none.Words(), out _));
    }

    [Theory]
    [InlineData("--sysroot / --lock-dir /run", "--gpus")]
    [InlineData("--gpus 65 --sysroot / --lock-dir /run", "--gpus")]
    [InlineData("--gpus 8 --sysroot / --lock-dir /run --read-ms -5", "--read-ms")]
    [InlineData("--gpus 8 --lock-dir /run", "--sysroot")]
    [InlineData("--gpus 8 --sysroot /", "--lock-dir")]
    [InlineData("--gpus 8 --sysroot / --lock-dir", "--lock-dir")]
    [InlineData("--gpus 8 --sysroot / --lock-dir /run --colour red", "--colour")]
    public void Words_that_are_wrong_or_missing_are_named(string words, string named)
    {
        Assert.Null(ProbeOptions.Parse(words.Split(' '), out var fault));
        Assert.Equal(named, fault);
    }
}
