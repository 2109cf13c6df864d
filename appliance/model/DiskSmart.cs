namespace Appliance.Model;

/// <summary>What a disk says of its health: the NVMe log page 02h, or a SAS disk's log pages. What it does not tell is null.</summary>
public sealed record DiskSmart : HealthGroup
{
    /// <summary>Bits, as NVMe has them: 1 spare low, 2 temperature, 4 reliability degraded, 8 read only, 0x10 volatile backup failed, 0x20 persistent memory.</summary>
    public int CriticalWarning { get; init; }

    public int? TemperatureC { get; init; }

    public int? AvailableSparePercent { get; init; }

    public int? SpareThresholdPercent { get; init; }

    /// <summary>Endurance used; may pass 100.</summary>
    public int? PercentageUsed { get; init; }

    /// <summary>Places that could not be read, written or verified.</summary>
    public long? MediaErrors { get; init; }

    public long? UnsafeShutdowns { get; init; }

    public long? PowerOnHours { get; init; }

    public double? WrittenTb { get; init; }
}
