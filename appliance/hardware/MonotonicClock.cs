namespace Appliance.Hardware;

/// <summary>
/// CLOCK_MONOTONIC with absolute deadlines: sleeping until a moment does not add up the time the work took, as sleeping for a
/// duration does, and a wall-clock step cannot touch it.
/// </summary>
public static class MonotonicClock
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    public static TimeSpan Now
    {
        get
        {
            _ = LibcInterop.clock_gettime(LibcInterop.CLOCK_MONOTONIC, out var now);
            return new(now.Seconds * TimeSpan.TicksPerSecond + now.Nanoseconds / TimeSpan.NanosecondsPerTick);
        }
    }

    /// <summary>Returns at <paramref name="deadline"/> or at once when it has passed.</summary>
    public static void SleepUntil(TimeSpan deadline)
    {
        var nanoseconds = deadline.Ticks * TimeSpan.NanosecondsPerTick;
        var request = new LibcInterop.Timespec
        {
            Seconds = nanoseconds / NanosecondsPerSecond,
            Nanoseconds = nanoseconds % NanosecondsPerSecond,
        };
        while (LibcInterop.clock_nanosleep(LibcInterop.CLOCK_MONOTONIC, LibcInterop.TIMER_ABSTIME, request, 0) == LibcInterop.EINTR)
        {
            // A signal woke us early; the deadline stands.
        }
    }

    /// <summary>Puts the calling thread into the real-time class, so that no load of ordinary threads delays it; false without the right.</summary>
    public static bool TryRealTime(int priority) =>
        LibcInterop.sched_setscheduler(0, LibcInterop.SCHED_RR, priority) == 0;
}
