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

    /// <summary>Null unless somebody asks for it.</summary>
    public GpuProfile? Profile { get; init; }

    /// <summary>Calls that were refused with something other than NOT_SUPPORTED at their last try: evidence for values that are absent.</summary>
    public IReadOnlyList<NvmlRefusal> Refusals { get; init; } = [];

    /// <summary>
    /// Only the groups that are not those of <paramref name="before"/>, to be sent instead of the whole. Null where a group has gone, which a
    /// part cannot say.
    /// </summary>
    public GpuHealth? Since(GpuHealth before)
    {
        var hasGone = false;
        var part = new GpuHealth
        {
            Index = Index,
            Access = Access,
            HungSince = HungSince,
            Fault = Fault,
            Identity = New(Identity, before.Identity),
            Modes = New(Modes, before.Modes),
            Power = New(Power, before.Power),
            Heat = New(Heat, before.Heat),
            Clocks = New(Clocks, before.Clocks),
            Load = New(Load, before.Load),
            Ecc = New(Ecc, before.Ecc),
            RowRemaps = New(RowRemaps, before.RowRemaps),
            Pcie = New(Pcie, before.Pcie),
            Nvlinks = New(Nvlinks, before.Nvlinks),
            Fabric = New(Fabric, before.Fabric),
            Topology = New(Topology, before.Topology),
            Profile = New(Profile, before.Profile),
            Refusals = Refusals,
        };
        return hasGone ? null : part;

        T? New<T>(T? now, T? held)
            where T : class
        {
            hasGone |= now is null && held is not null;
            return ReferenceEquals(now, held) ? null : now;
        }
    }

    /// <summary>The groups of <paramref name="part"/> that are there replace those held.</summary>
    public GpuHealth With(GpuHealth part) => part with
    {
        Identity = part.Identity ?? Identity,
        Modes = part.Modes ?? Modes,
        Power = part.Power ?? Power,
        Heat = part.Heat ?? Heat,
        Clocks = part.Clocks ?? Clocks,
        Load = part.Load ?? Load,
        Ecc = part.Ecc ?? Ecc,
        RowRemaps = part.RowRemaps ?? RowRemaps,
        Pcie = part.Pcie ?? Pcie,
        Nvlinks = part.Nvlinks ?? Nvlinks,
        Fabric = part.Fabric ?? Fabric,
        Topology = part.Topology ?? Topology,
        Profile = part.Profile ?? Profile,
    };
}
