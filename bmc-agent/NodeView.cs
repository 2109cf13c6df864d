using System.Text.Json.Serialization;
using Appliance.Model;

namespace BmcAgent;

/// <summary>What is known of one node, and when it was last heard of (our clock, not the node's).</summary>
/// <param name="HeardAt">UTC of its last message; null when it is only remembered from an earlier life of ours.</param>
/// <param name="StateSince">UTC since when <see cref="Snapshot.State"/> has its present word.</param>
internal sealed record NodeView(Snapshot Snapshot, DateTimeOffset? HeardAt, DateTimeOffset? StateSince)
{
    [JsonIgnore]
    public bool IsLost => Snapshot.State is { State: "lost" or "disconnected" };
}
