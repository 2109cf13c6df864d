using Appliance.Bus;
using Appliance.Daemon.Loop;
using Appliance.Model;

namespace Appliance.Daemon.Metrics;

/// <summary>What one page of metrics is made of: copies, taken when somebody asked.</summary>
/// <param name="Now">Uptime and UTC of the asking; older values than their time to live are absent from the page.</param>
/// <param name="Health">The last sweep of the box; null where none was made.</param>
/// <param name="Profiling">Profiling metrics are asked for.</param>
/// <param name="Xids">Driver errors since the daemon started, by PCI address as the kernel writes it.</param>
internal sealed record MetricsSource(
    Moment Now, string Version, Board Board, Snapshot Snapshot, BoxHealth? Health, IReadOnlyList<(string Gpu, int Xid, long Count, bool IsLast)> Xids,
    LoopMetrics Loop, bool BusConnected, BusCounters? Bus, OutboxStatus? Outbox, bool Profiling = false);

/// <summary>How the control loop keeps its time, since the daemon started.</summary>
internal sealed record LoopMetrics(long Ticks, long Missed, long Faults, LatenessHistogram Lateness);
