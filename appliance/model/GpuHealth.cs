namespace Appliance.Model;

/// <summary>One GPU as its driver tells it, in groups that are read at different rates.</summary>
public sealed record GpuHealth
{
    public int Index { get; init; }

    public GpuAccess Access { get; init; }

    /// <summary>Uptime since which a call for this GPU has not returned; null while calls return.</summary>
    public TimeSpan? HungSince { get; init; }

    /// <summary>The call that hangs or failed last and what it said, e.g. <c>nvmlDeviceGetHandleByIndex_v2: GpuIsLost</c>; null while all is well.</summary>
    public string? Fault { get; init; }

    public GpuIdentity? Identity { get; init; }

    public GpuModes? Modes { get; init; }

    public GpuPower? Power { get; init; }

    public GpuHeat? Heat { get; init; }

    public GpuClocks? Clocks { get; init; }

    public GpuLoad? Load { get; init; }

    public GpuEcc? Ecc { get; init; }

    public GpuRowRemaps? RowRemaps { get; init; }

    public GpuPcie? Pcie { get; init; }

    public GpuNvlinks? Nvlinks { get; init; }

    /// <summary>Null where the GPU has no fabric (NOT_SUPPORTED: a single-GPU machine).</summary>
    public GpuFabric? Fabric { get; init; }

    public GpuTopology? Topology { get; init; }

    /// <summary>Calls that were refused with something other than NOT_SUPPORTED at their last try: evidence for values that are absent.</summary>
    public IReadOnlyList<NvmlRefusal> Refusals { get; init; } = [];
}
