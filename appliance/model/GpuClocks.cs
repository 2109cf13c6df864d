namespace Appliance.Model;

/// <summary>Clocks, and what holds them back. Counters are nanoseconds since the driver was loaded; harmless ones grow by nanoseconds.</summary>
public sealed record GpuClocks : HealthGroup
{
    public double? SmMhz { get; init; }

    public double? MemoryMhz { get; init; }

    public double? SmMaxMhz { get; init; }

    public double? MemoryMaxMhz { get; init; }

    /// <summary>0 is P0.</summary>
    public int? PerformanceState { get; init; }

    /// <summary>
    /// Clocks event reasons now: 1 idle, 2 application clocks, 4 software power cap, 8 hardware slowdown, 0x10 sync boost,
    /// 0x20 software thermal, 0x40 hardware thermal, 0x80 power brake, 0x100 display.
    /// </summary>
    public long? EventReasons { get; init; }

    public long? SupportedEventReasons { get; init; }

    /// <summary>Field 74: below the wanted clocks for the power limit.</summary>
    public long? PowerViolationNs { get; init; }

    /// <summary>Field 75.</summary>
    public long? ThermalViolationNs { get; init; }

    /// <summary>Field 269.</summary>
    public long? SoftwareThermalNs { get; init; }

    /// <summary>Field 270.</summary>
    public long? HardwareThermalNs { get; init; }

    /// <summary>Field 271: a power supply pulled the brake.</summary>
    public long? PowerBrakeNs { get; init; }
}
