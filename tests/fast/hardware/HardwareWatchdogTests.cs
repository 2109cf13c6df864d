using Appliance.Hardware;

namespace FastTests.Hardware;

public sealed class HardwareWatchdogTests : IDisposable
{
    private readonly string _device = Path.GetTempFileName();

    [Fact]
    public void Ticks_feed_it_once_a_second_and_a_stop_on_purpose_ends_the_timer()
    {
        using var watchdog = new HardwareWatchdog(_device);
        for (var tick = 0; tick < 25; tick++)
            watchdog.TickDone(TimeSpan.FromMilliseconds(100 * tick));
        watchdog.Disarm();
        watchdog.TickDone(TimeSpan.FromSeconds(60));

        Assert.Equal("\n\n\nV", File.ReadAllText(_device));
    }

    [Fact]
    public void A_daemon_that_ends_otherwise_leaves_the_timer_running()
    {
        using (var watchdog = new HardwareWatchdog(_device))
            watchdog.TickDone(TimeSpan.Zero);

        Assert.Equal("\n", File.ReadAllText(_device));
    }

    [Fact]
    public void A_machine_without_one_is_asked_again_until_it_has_one()
    {
        File.Delete(_device);
        using var watchdog = new HardwareWatchdog(_device);
        watchdog.TickDone(TimeSpan.Zero);
        Assert.False(watchdog.IsArmed);

        File.WriteAllText(_device, "");
        watchdog.TickDone(TimeSpan.FromSeconds(1));
        Assert.True(watchdog.IsArmed);
    }

    public void Dispose() => File.Delete(_device);
}
