using System.Text.Json.Serialization;

namespace Appliance.Model;

public sealed record GpuNvlinks : HealthGroup
{
    /// <summary>Links the GPU has (field 91): 18 on an H100.</summary>
    public int? Fitted { get; init; }

    /// <summary>Links connected to an NVSwitch (field 147).</summary>
    public int? ToSwitch { get; init; }

    /// <summary>KiB of payload sent over all links (field 138).</summary>
    public long? SentKib { get; init; }

    public long? ReceivedKib { get; init; }

    public IReadOnlyList<NvlinkHealth> Links { get; init; } = [];

    /// <summary>Of <see cref="Links"/>.</summary>
    [JsonIgnore]
    public int Up => Links.Count(l => l.Up == true);
}
