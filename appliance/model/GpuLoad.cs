namespace Appliance.Model;

public sealed record GpuLoad : HealthGroup
{
    /// <summary>Share of the last sample period with a kernel running.</summary>
    public double? GpuPercent { get; init; }

    /// <summary>Share of the last sample period with the memory busy.</summary>
    public double? MemoryPercent { get; init; }

    public double? EncoderPercent { get; init; }

    public double? DecoderPercent { get; init; }

    public double? MemoryTotalMib { get; init; }

    public double? MemoryUsedMib { get; init; }

    public double? MemoryFreeMib { get; init; }

    public double? MemoryReservedMib { get; init; }
}
