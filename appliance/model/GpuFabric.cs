namespace Appliance.Model;

/// <summary>The GPU's place in the NVLink fabric, as the Fabric Manager registered it (nvmlDeviceGetGpuFabricInfoV).</summary>
public sealed record GpuFabric : HealthGroup
{
    public FabricState State { get; init; }

    /// <summary>nvmlReturn_t of the registration by number; 0 is success and means something only while <see cref="State"/> is completed.</summary>
    public int Status { get; init; }

    public long CliqueId { get; init; }

    /// <summary>Null where it is all zero, as on a single HGX board.</summary>
    public string? ClusterUuid { get; init; }

    /// <summary>As read; not zero is no fault by itself.</summary>
    public long HealthMask { get; init; }

    // The mask's fields: true, false, or null where the driver says "not supported" (0).

    public bool? DegradedBandwidth { get; init; }

    public bool? RouteRecovery { get; init; }

    public bool? RouteUnhealthy { get; init; }

    public bool? AccessTimeoutRecovery { get; init; }

    public bool? PartitionAssigned { get; init; }

    /// <summary>
    /// 0 not supported, 1 none, 2 system GUID, 3 chassis serial number, 4 no partition, 5 too few NVLinks, 6 incompatible GPU firmware,
    /// 7 invalid location, 8 invalid GPU state.
    /// </summary>
    public int IncorrectConfiguration { get; init; }

    /// <summary>1 healthy, 2 unhealthy, 3 limited; null where the driver has no such field.</summary>
    public int? Summary { get; init; }
}
