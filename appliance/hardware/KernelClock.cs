namespace Appliance.Hardware;

/// <summary>
/// The kernel stamps its log with a clock that nobody disciplines: within a month it is a minute away from CLOCK_MONOTONIC. A record that is read the
/// moment it was written tells how far; what is waiting time and no drift goes away with the next record that did not wait.
/// </summary>
internal sealed class KernelClock
{
    /// <summary>Far above any drift between two records, far below what a reader that was held up adds.</summary>
    private static readonly TimeSpan _creep = TimeSpan.FromMilliseconds(1);

    private TimeSpan? _behind;

    /// <summary>Uptime of a record by the clock everything else is stamped with.</summary>
    /// <param name="stamp">As the kernel wrote it.</param>
    /// <param name="readAt">Uptime at which it was read.</param>
    /// <param name="isLive">False for what lay in the ring before: how long it waited there nobody knows.</param>
    public TimeSpan Correct(TimeSpan stamp, TimeSpan readAt, bool isLive)
    {
        if (isLive)
        {
            var behind = readAt - stamp;
            _behind = _behind is { } held && behind > held ? held + (behind - held < _creep ? behind - held : _creep) : behind;
        }

        return stamp + (_behind ?? TimeSpan.Zero);
    }
}
