namespace Appliance.Model;

public sealed record GpuPower : HealthGroup
{
    /// <summary>Instant power (field 186), the average where the driver has no other.</summary>
    public double? PowerW { get; init; }

    public double? AverageW { get; init; }

    /// <summary>The limit that stands.</summary>
    public double? LimitW { get; init; }

    /// <summary>The limit after a reset.</summary>
    public double? DefaultLimitW { get; init; }

    public double? MinLimitW { get; init; }

    public double? MaxLimitW { get; init; }

    /// <summary>Since the driver was loaded, J.</summary>
    public double? EnergyJ { get; init; }
}
