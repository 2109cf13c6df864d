namespace Appliance.Model;

public sealed record GpuTopology : HealthGroup
{
    public int? NumaNode { get; init; }

    /// <summary>CPUs near the GPU as the kernel writes lists: <c>0-55,112-167</c>.</summary>
    public string? CpuAffinity { get; init; }

    /// <summary>By the other GPU's index: nvmlGpuP2PStatus_t for reads (0 ok); null for itself and where it was not read.</summary>
    public IReadOnlyList<int?> P2pRead { get; init; } = [];

    /// <summary>The same for NVLink.</summary>
    public IReadOnlyList<int?> P2pNvlink { get; init; } = [];
}
