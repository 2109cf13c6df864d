using Appliance.Daemon.Loop;
using Appliance.Hardware;
using Microsoft.Extensions.Time.Testing;

namespace FastTests.Settings;

public sealed class LocatorTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("leds-").FullName;
    private readonly FakeTimeProvider _clock = new();

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void It_blinks_by_the_kernels_timer_and_ends_by_itself()
    {
        Led("input2::numlock");
        var led = Led("front:blue:identify");
        using var locator = new Locator(new(_root), _clock);
        Assert.Null(locator.Set(true, TimeSpan.FromMinutes(15)));
        Assert.Equal("timer", Read(led, "trigger"));
        _clock.Advance(TimeSpan.FromMinutes(14));
        Assert.Equal("timer", Read(led, "trigger"));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(("none", "0"), (Read(led, "trigger"), Read(led, "brightness")));
    }

    [Fact]
    public void Switched_off_it_stays_off_and_on_again_counts_anew()
    {
        var led = Led("uid");
        using var locator = new Locator(new(_root), _clock);
        locator.Set(true, TimeSpan.FromMinutes(15));
        _clock.Advance(TimeSpan.FromMinutes(10));
        locator.Set(true, TimeSpan.FromMinutes(15));
        _clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal("timer", Read(led, "trigger"));
        Assert.Null(locator.Set(false, TimeSpan.FromMinutes(15)));
        Assert.Equal("none", Read(led, "trigger"));
    }

    [Fact]
    public void Where_the_kernel_has_no_timer_it_stands_lit()
    {
        var led = Led("board:red:locate", trigger: false);
        Assert.Null(new LocateLed(_root).Set(true));
        Assert.Equal("255", Read(led, "brightness"));
    }

    [Fact]
    public void A_machine_without_one_says_where_else_it_may_be()
    {
        Led("input2::numlock");
        Assert.Contains("ipmitool chassis identify", new LocateLed(_root).Set(true), StringComparison.Ordinal);
    }

    private string Led(string name, bool trigger = true)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root, "sys/class/leds", name)).FullName;
        File.WriteAllText(Path.Combine(folder, "brightness"), "0\n");
        File.WriteAllText(Path.Combine(folder, "max_brightness"), "255\n");
        if (trigger)
            File.WriteAllText(Path.Combine(folder, "trigger"), "[none] timer\n");
        return folder;
    }

    private static string Read(string folder, string attribute) => File.ReadAllText(Path.Combine(folder, attribute)).Trim();
}
