using Appliance.Bus;
using Appliance.Daemon.Loop;
using Appliance.Model;

namespace Appliance.Daemon.Metrics;

/// <summary>What one page of metrics is made of: copies, taken when somebody asked.</summary>
/// <param name="Now">Uptime and UTC of the asking; older values than their time to live are absent from the page.</param>
/// <param name="Health">The last sweep of the box; null where none was made.</param>
/// <param name="LastXids">The last XID per GPU index since the daemon started.</param>
internal sealed record MetricsSource(
    Moment Now, string Version, Board Board, Snapshot Snapshot, BoxHealth? Health, IReadOnlyDictionary<int, int> LastXids,
    LoopMetrics Loop, bool BusConnected, BusCounters? Bus, OutboxStatus? Outbox);

/// <summary>How the control loop keeps its time, since the daemon started.</summary>
internal sealed record LoopMetrics(long Ticks, long Missed, long Faults, LatenessHistogram Lateness);
