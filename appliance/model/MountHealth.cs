namespace Appliance.Model;

public sealed record MountHealth : HealthGroup
{
    public required string Point { get; init; }

    public required string Device { get; init; }

    public required string FileSystem { get; init; }

    public bool ReadOnly { get; init; }

    public long? SizeBytes { get; init; }

    /// <summary>Free for those who are not root.</summary>
    public long? FreeBytes { get; init; }

    public long? Inodes { get; init; }

    public long? FreeInodes { get; init; }
}
