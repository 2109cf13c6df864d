namespace Appliance.Model;

/// <summary>The NVMe SMART / health log page (02h).</summary>
public sealed record DiskSmart : HealthGroup
{
    /// <summary>Bits: 1 spare low, 2 temperature, 4 reliability degraded, 8 read only, 0x10 volatile backup failed, 0x20 persistent memory.</summary>
    public int CriticalWarning { get; init; }

    public int TemperatureC { get; init; }

    public int AvailableSparePercent { get; init; }

    public int SpareThresholdPercent { get; init; }

    /// <summary>Endurance used; may pass 100.</summary>
    public int PercentageUsed { get; init; }

    public long MediaErrors { get; init; }

    public long UnsafeShutdowns { get; init; }

    public long PowerOnHours { get; init; }

    public double WrittenTb { get; init; }
}
