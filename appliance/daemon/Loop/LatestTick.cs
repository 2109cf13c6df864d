using Appliance.Model;

namespace Appliance.Daemon.Loop;

/// <summary>
/// The last tick, handed from the loop to everyone else. The loop never waits: when a reader is copying at that very moment, this tick
/// is not published and the next one, 100 ms later, is.
/// </summary>
internal sealed class LatestTick(Board board)
{
    private readonly object _gate = new();
    private readonly TickRecord _held = new(board);
    private long _skipped;

    /// <summary>Ticks that were not published because a reader held the record.</summary>
    public long Skipped => Interlocked.Read(ref _skipped);

    public void Publish(TickRecord record)
    {
        if (!Monitor.TryEnter(_gate))
        {
            Interlocked.Increment(ref _skipped);
            return;
        }

        try
        {
            record.CopyTo(_held);
        }
        finally
        {
            Monitor.Exit(_gate);
        }
    }

    /// <summary>False as long as there was no tick.</summary>
    public bool Read(TickRecord into)
    {
        lock (_gate)
            _held.CopyTo(into);
        return into.Tick > 0;
    }
}
