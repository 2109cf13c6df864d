namespace Appliance.Model;

/// <summary>Rows of HBM that were replaced by spare ones.</summary>
public sealed record GpuRowRemaps : HealthGroup
{
    public int? Correctable { get; init; }

    public int? Uncorrectable { get; init; }

    /// <summary>A remap waits for a reset.</summary>
    public bool? Pending { get; init; }

    /// <summary>A remap could not be done: no spare row is left in that bank.</summary>
    public bool? Failed { get; init; }

    /// <summary>Banks with all their spare rows; 2560 on a healthy H100.</summary>
    public int? BanksMax { get; init; }

    public int? BanksHigh { get; init; }

    public int? BanksPartial { get; init; }

    public int? BanksLow { get; init; }

    /// <summary>Banks without a spare row.</summary>
    public int? BanksNone { get; init; }

    /// <summary>nvmlDeviceGetRepairStatus: a channel repair waits for a reset.</summary>
    public bool? ChannelRepairPending { get; init; }

    /// <summary>nvmlDeviceGetRepairStatus: a repair of a texture processing cluster waits for a reset.</summary>
    public bool? TpcRepairPending { get; init; }
}
