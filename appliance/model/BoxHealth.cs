namespace Appliance.Model;

/// <summary>
/// What one sweep of the box read, beside cooling: GPUs through NVML, fabric, RDMA ports, disks, the host. Facts only; what they mean
/// is the business of the rules.
/// </summary>
public sealed record BoxHealth : HealthGroup
{
    /// <summary>Null until the first word of the probe process; then also when it is silent, with the reason.</summary>
    public ProbeHealth? Probe { get; init; }

    /// <summary>One entry per GPU the board says is fitted, by index, also for those that do not answer.</summary>
    public IReadOnlyList<GpuHealth> Gpus { get; init; } = [];

    public FabricHealth? Fabric { get; init; }

    /// <summary>Sorted by device and port. Null as long as the kernel's tree was not read; empty where it has none.</summary>
    public IReadOnlyList<RdmaPortHealth>? RdmaPorts { get; init; }

    /// <summary>Null as long as nobody looked; empty where none is configured.</summary>
    public IReadOnlyList<PeerHealth>? Peers { get; init; }

    public IReadOnlyList<DiskHealth>? Disks { get; init; }

    public IReadOnlyList<RaidHealth>? Raids { get; init; }

    public IReadOnlyList<MountHealth>? Mounts { get; init; }

    public ClockHealth? Clock { get; init; }

    public HostHealth? Host { get; init; }

    /// <summary>NVLinks are read every ten seconds; what is much older says nothing about now.</summary>
    private static readonly TimeSpan _nvlinksFresh = TimeSpan.FromSeconds(25);

    /// <summary>A peer's round trip is the latency of the rail that leads to it; of several the longest.</summary>
    public BoxHealth WithPeers(IReadOnlyList<PeerHealth> peers) => this with
    {
        Peers = peers,
        RdmaPorts = RdmaPorts is { } ports && peers.Any(p => p.NetDevice is not null)
            ? [.. ports.Select(port => port.NetDevice is { } net && peers.Where(p => p.NetDevice == net).Max(p => p.LatencyUs) is { } us ? port with { LatencyUs = us } : port)]
            : RdmaPorts,
    };

    /// <summary>GPUs that tell of their links now.</summary>
    public IEnumerable<GpuHealth> GpusWithNvlinks() => Gpus.Where(g => g.Nvlinks is { } links && links.Age(At) <= _nvlinksFresh);

    /// <summary>Over all of them; null where no GPU has links, or none tells of them.</summary>
    public (int Up, int Total)? Nvlinks()
    {
        var links = GpusWithNvlinks().Select(g => g.Nvlinks!).ToArray();
        return links.Length == 0 ? null : (links.Sum(l => l.Up), links.Sum(l => l.Fitted ?? l.Links.Count));
    }

    /// <summary>The groups of <paramref name="part"/> that are there replace those held.</summary>
    public BoxHealth With(BoxHealth part) => this with
    {
        Fabric = part.Fabric ?? Fabric,
        RdmaPorts = part.RdmaPorts ?? RdmaPorts,
        Disks = part.Disks ?? Disks,
        Raids = part.Raids ?? Raids,
        Mounts = part.Mounts ?? Mounts,
        Clock = part.Clock ?? Clock,
        Host = part.Host ?? Host,
    };
}
