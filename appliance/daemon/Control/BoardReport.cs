using Appliance.Daemon.Health;
using Appliance.Model;

namespace Appliance.Daemon.Control;

/// <summary>The board in a few figures, for <c>status --json</c> and <c>health</c>; what was not read is null.</summary>
internal sealed record BoardReport
{
    /// <summary><c>absent</c>, <c>no_driver</c>, <c>working</c>, <c>blind</c>.</summary>
    public required string Probe { get; set; }

    public string? ProbeFault { get; set; }

    public string? DriverVersion { get; set; }

    public int GpusAnswering { get; set; }

    public int GpusFitted { get; set; }

    public int? NvlinksUp { get; set; }

    public int? NvlinksTotal { get; set; }

    /// <summary>GPUs that the Fabric Manager has registered; null where there is no fabric.</summary>
    public int? GpusInFabric { get; set; }

    public bool? FabricManagerAlive { get; set; }

    public int? Switches { get; set; }

    public int? RdmaPortsActive { get; set; }

    public int? RdmaPorts { get; set; }

    public int? Disks { get; set; }

    public int? Raids { get; set; }

    public string? ClockSource { get; set; }

    public double? ClockOffsetUs { get; set; }

    /// <summary>Why the kernel's log cannot be read; null while it can.</summary>
    public string? KernelLogFault { get; set; }

    /// <summary>Lines of the kernel's log since the daemon started, and how long after their stamp they were decided.</summary>
    public long KernelLines { get; set; }

    public double? KernelDecisionMsP50 { get; set; }

    public double? KernelDecisionMsP99 { get; set; }

    public double? KernelDecisionMsMax { get; set; }

    public static BoardReport? Of(HealthLoop? health)
    {
        if (health?.Latest is not { Probe: { } probe } box)
            return null;
        var links = box.Nvlinks();
        var fabric = box.Gpus.Where(g => g.Fabric is not null).ToArray();
        return new()
        {
            Probe = probe.State switch
            {
                ProbeState.Absent => "absent",
                ProbeState.NoDriver => "no_driver",
                ProbeState.Working => "working",
                ProbeState.Blind => "blind",
                _ => throw new System.Diagnostics.UnreachableException($"No word for {probe.State}."),
            },
            ProbeFault = probe.Fault,
            DriverVersion = probe.DriverVersion,
            GpusAnswering = box.Gpus.Count(g => g.Access == GpuAccess.Good),
            GpusFitted = box.Gpus.Count,
            NvlinksUp = links?.Up,
            NvlinksTotal = links?.Total,
            GpusInFabric = fabric.Length > 0 ? fabric.Count(g => g.Fabric is { State: FabricState.Completed, Status: 0 }) : null,
            FabricManagerAlive = box.Fabric?.ManagerAlive,
            Switches = box.Fabric?.Switches,
            RdmaPortsActive = box.RdmaPorts?.Count(p => p.State == "ACTIVE"),
            RdmaPorts = box.RdmaPorts?.Count,
            Disks = box.Disks?.Count,
            Raids = box.Raids?.Count,
            ClockSource = box.Clock?.Source,
            ClockOffsetUs = box.Clock?.OffsetUs,
            KernelLogFault = health.KernelFault,
            KernelLines = health.KernelLatency.Count,
            KernelDecisionMsP50 = health.KernelLatency.QuantileMs(0.5),
            KernelDecisionMsP99 = health.KernelLatency.QuantileMs(0.99),
            KernelDecisionMsMax = health.KernelLatency.Count > 0 ? Math.Round(health.KernelLatency.MaxMs, 1) : null,
        };
    }
}
