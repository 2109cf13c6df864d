namespace Appliance.Model;

/// <summary>One Linux software RAID (<c>/sys/block/mdN/md</c>).</summary>
public sealed record RaidHealth : HealthGroup
{
    public required string Name { get; init; }

    public string? Level { get; init; }

    /// <summary><c>clean</c>, <c>active</c>, <c>inactive</c>, <c>readonly</c> …</summary>
    public string? State { get; init; }

    public int? Disks { get; init; }

    /// <summary>Members that are missing.</summary>
    public int? Degraded { get; init; }

    /// <summary><c>idle</c>, <c>resync</c>, <c>recover</c>, <c>check</c> …</summary>
    public string? SyncAction { get; init; }

    public long? Mismatches { get; init; }
}
