namespace Appliance.Hardware;

/// <summary>
/// What one thread asks the driver for right now, so that another can see that it has not come back. Written by its own thread only;
/// a look that races with the end of a call sees either.
/// </summary>
public sealed class DriverCall
{
    private string? _what;
    private long _beganTicks;

    public void Begin(string what, TimeSpan now)
    {
        Volatile.Write(ref _beganTicks, now.Ticks);
        Volatile.Write(ref _what, what);
    }

    public void End() => Volatile.Write(ref _what, null);

    /// <summary>True while a call is out; <paramref name="since"/> is the uptime at which it began.</summary>
    public bool IsOut(out string what, out TimeSpan since)
    {
        what = Volatile.Read(ref _what) ?? "";
        since = TimeSpan.FromTicks(Volatile.Read(ref _beganTicks));
        return what.Length > 0;
    }
}
