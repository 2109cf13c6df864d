using Appliance.Model;

namespace BmcAgent;

/// <summary>One line of the event log.</summary>
/// <param name="Id">1, 2, 3 … over all nodes, in the order they were written.</param>
/// <param name="Source"><c>appliance</c> for what came over the bus, <c>bmc-agent</c> for what we saw ourselves.</param>
/// <param name="Epoch">The sender's; 0 for our own.</param>
/// <param name="Seq">Gap-free within node, source and epoch.</param>
/// <param name="Ts">When it happened, by the sender's clock.</param>
/// <param name="ReceivedAt">When we wrote it, by ours.</param>
internal sealed record EventEntry(
    long Id,
    string Node,
    string Source,
    long Epoch,
    long Seq,
    string Kind,
    string? Code,
    string? Target,
    Severity Severity,
    string Text,
    DateTimeOffset Ts,
    DateTimeOffset ReceivedAt);
