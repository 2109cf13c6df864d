using Appliance.Model;

namespace BmcAgent;

/// <summary>What the panel shows: the last known values of one node, and how far they may be believed.</summary>
/// <param name="Now">Our clock; a reader judges staleness by <c>ts + ttl_s</c> of each frame against it, not against its own.</param>
/// <param name="Nodes">Every node heard of.</param>
/// <param name="BusConnected">False: we hear nothing at all, whatever the node does.</param>
/// <param name="HeardAt">Last message of the node; null when all we have is from an earlier life of ours.</param>
/// <param name="Snapshot">Null before the first message ever.</param>
internal sealed record PanelState(
    DateTimeOffset Now,
    string Version,
    string Node,
    IReadOnlyList<string> Nodes,
    bool BusConnected,
    string BusAddress,
    DateTimeOffset? HeardAt,
    DateTimeOffset? StateSince,
    Snapshot? Snapshot,
    long EventsLastId);
