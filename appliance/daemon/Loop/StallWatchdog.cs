using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Daemon.Loop;

/// <summary>
/// The loop's own watchdog: a second thread that writes full drive when no tick was completed for a second, by files of its own, so
/// that a loop that hangs in one chip's driver still gets the other chips to full. It never feeds systemd: only ticks do.
/// </summary>
internal sealed class StallWatchdog(string sysRoot, Board board, TimeProvider time) : IDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(250);

    private readonly ManualResetEventSlim _stop = new();
    private long _tickAt = -1;
    private long _trips;
    private volatile bool _stalled;

    /// <summary>Stalls since start.</summary>
    public long Trips => Interlocked.Read(ref _trips);

    /// <summary>True while the loop does not tick.</summary>
    public bool IsStalled => _stalled;

    /// <summary>What the last full drive came to; null before the first.</summary>
    public SafeStateReport? LastReport { get; private set; }

    public void Start() => new Thread(Watch) { IsBackground = true, Name = "stall-watchdog" }.Start();

    /// <summary>By the loop, after every completed tick.</summary>
    public void TickDone(TimeSpan now) => Interlocked.Exchange(ref _tickAt, now.Ticks);

    /// <summary>One look; true when the loop is stalled and full drive was written.</summary>
    public bool Check(TimeSpan now)
    {
        var at = Interlocked.Read(ref _tickAt);
        if (at < 0 || now.Ticks - at <= Limit.Ticks)
        {
            _stalled = false;
            return false;
        }

        if (!_stalled)
            Interlocked.Increment(ref _trips);
        _stalled = true;
        LastReport = SafeState.WriteRotors(sysRoot, board);
        return true;
    }

    private void Watch()
    {
        // Armed from here on: a first tick that never ends is a stall too.
        Interlocked.CompareExchange(ref _tickAt, time.GetElapsedTime(0).Ticks, -1);
        while (!_stop.Wait(_look))
            Check(time.GetElapsedTime(0));
    }

    public void Dispose() => _stop.Set();
}
