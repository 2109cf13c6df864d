namespace Appliance.Model;

/// <summary>One disk below <c>/sys/block</c>; loop and RAM devices are none.</summary>
public sealed record DiskHealth : HealthGroup
{
    /// <summary>e.g. <c>nvme0n1</c>.</summary>
    public required string Name { get; init; }

    public string? Model { get; init; }

    public string? Serial { get; init; }

    public string? Firmware { get; init; }

    /// <summary><c>nvme</c>, <c>sas</c>, <c>sata</c>, <c>virtio</c> …</summary>
    public string? Transport { get; init; }

    public long? SizeBytes { get; init; }

    /// <summary>The device's own word: <c>live</c> (NVMe), <c>running</c> (SCSI); anything else is trouble.</summary>
    public string? State { get; init; }

    public bool? ReadOnly { get; init; }

    /// <summary>Commands that ended in an error since boot, where the kernel counts them.</summary>
    public long? IoErrors { get; init; }

    /// <summary>Commands that timed out since boot, where the kernel counts them.</summary>
    public long? IoTimeouts { get; init; }

    /// <summary>Since boot, from <c>stat</c>.</summary>
    public long? ReadBytes { get; init; }

    public long? WrittenBytes { get; init; }

    /// <summary>Milliseconds with I/O in flight since boot.</summary>
    public long? BusyMs { get; init; }

    public double? TemperatureC { get; init; }

    /// <summary>Null where it cannot be read (no right, neither NVMe nor SAS).</summary>
    public DiskSmart? Smart { get; init; }
}
