using System.Runtime;
using Appliance.Bus;
using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Daemon.Loop;

/// <summary>
/// The thread of the cooling loop: 10 Hz on absolute deadlines. A tick that breaks leaves full drive behind and is tried again in the
/// next period; it feeds no watchdog, so a loop that only breaks is restarted by systemd, and where systemd is dead too the machine resets.
/// </summary>
internal sealed class TickLoop(Ticker ticker, StallWatchdog watchdog, HardwareWatchdog? reset, SystemdNotifier notifier, TimeProvider time)
{
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private const int RealTimePriority = 10;

    private readonly TaskCompletionSource _firstTick = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stop;
    private long _faults;
    private volatile string? _lastFault;
    private long _allocatedPerTick = -1;

    public LatenessHistogram Lateness { get; } = new();

    /// <summary>Completed when the first tick has run.</summary>
    public Task FirstTick => _firstTick.Task;

    public Task Ended => _ended.Task;

    /// <summary>True when the kernel let us have a real-time priority.</summary>
    public bool IsRealTime { get; private set; }

    /// <summary>Ticks that threw since start.</summary>
    public long Faults => Interlocked.Read(ref _faults);

    /// <summary>The message of a tick that threw, until a tick succeeds again.</summary>
    public string? Fault => _lastFault;

    /// <summary>Bytes the loop's thread allocated in the last tick; null before the second.</summary>
    public long? AllocatedPerTick => Interlocked.Read(ref _allocatedPerTick) is >= 0 and var bytes ? bytes : null;

    public void Start() => new Thread(Run) { Name = "thermal-loop" }.Start();

    /// <summary>Ends after the tick in progress.</summary>
    public void Stop() => _stop = true;

    private void Run()
    {
        IsRealTime = MonotonicClock.TryRealTime(RealTimePriority);
        GCSettings.LatencyMode = GCLatencyMode.SustainedLowLatency;
        var deadline = MonotonicClock.Now;
        while (!_stop)
        {
            MonotonicClock.SleepUntil(deadline);
            var late = MonotonicClock.Now - deadline;
            Lateness.Add(late.TotalMilliseconds);
            Once(late.TotalMilliseconds);
            deadline = Next(deadline);
        }

        _ended.SetResult();
    }

    private void Once(double latenessMs)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var moment = Moment.Of(time);
        try
        {
            ticker.Tick(moment, latenessMs);
            _lastFault = null;
            watchdog.TickDone(moment.Uptime);
            notifier.TickDone(moment.Uptime);
            reset?.TickDone(moment.Uptime);
            if (!_firstTick.Task.IsCompleted)
                _firstTick.SetResult();
            else
                Interlocked.Exchange(ref _allocatedPerTick, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        catch (Exception e) // the loop's edge: cool at full, say so as an alarm, try again
        {
            Interlocked.Increment(ref _faults);
            _lastFault = $"{e.GetType().Name}: {e.Message}";
            ticker.WriteFull();
        }
    }

    /// <summary>The next deadline on the grid; periods already gone by are counted and not made up for.</summary>
    private TimeSpan Next(TimeSpan deadline)
    {
        deadline += Period;
        var behind = MonotonicClock.Now - deadline;
        if (behind < Period)
            return deadline;
        var missed = behind.Ticks / Period.Ticks;
        Lateness.AddMissed(missed);
        return deadline + missed * Period;
    }
}
