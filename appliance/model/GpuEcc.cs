namespace Appliance.Model;

/// <summary>Memory errors. Volatile counters begin with the driver's load, aggregate ones with the board's life.</summary>
public sealed record GpuEcc : HealthGroup
{
    public long? VolatileCorrected { get; init; }

    public long? VolatileUncorrected { get; init; }

    public long? AggregateCorrected { get; init; }

    public long? AggregateUncorrected { get; init; }

    /// <summary>SRAM errors of this life (nvmlDeviceGetSramEccErrorStatus, needs root): parity and SEC-DED together.</summary>
    public long? SramVolatileUncorrected { get; init; }

    public long? SramAggregateCorrected { get; init; }

    public long? SramAggregateUncorrected { get; init; }

    /// <summary>NVIDIA's own threshold for replacing the board is passed.</summary>
    public bool? SramThresholdExceeded { get; init; }

    /// <summary>The GPU holds memory that cannot be repaired any more.</summary>
    public bool? UnrepairableMemory { get; init; }
}
