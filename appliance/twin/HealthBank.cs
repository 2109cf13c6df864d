namespace Appliance.Twin;

/// <summary>
/// What drivers and the kernel would tell of this box beside its plant: error counters, links, fabric, ports, disks. Healthy figures are
/// those of a recorded pair of H100 (small counters that are not zero included); faults change them, and what counts goes on counting
/// after a fault was mended.
/// </summary>
public sealed class HealthBank
{
    public const int LinksPerGpu = 18;
    public const int RdmaPorts = 8;

    private readonly GpuHealthState[] _gpus;
    private readonly RdmaState[] _rdma = [.. Enumerable.Range(0, RdmaPorts).Select(_ => new RdmaState())];
    private readonly List<FaultSpec> _faults = [];
    private readonly List<KernelMessage> _messages = [];

    public HealthBank(int gpus) => _gpus = [.. Enumerable.Range(0, gpus).Select(i => new GpuHealthState(i))];

    public static IReadOnlyList<string> Disks { get; } = ["nvme0n1", "nvme1n1", "nvme2n1", "nvme3n1"];

    public IReadOnlyList<FaultSpec> Faults => _faults;

    /// <summary>nvmlReturn of nvmlInit; 0 is success.</summary>
    public int InitCode { get; private set; }

    public bool OldDriver { get; private set; }

    public bool FabricManagerAlive { get; private set; } = true;

    public GpuHealthState Gpu(int index) => _gpus[index];

    public RdmaState Rdma(int port) => _rdma[port];

    /// <summary>Endurance used of a disk, percent.</summary>
    public double WornPercent(string disk) => Standing(FaultKind.DiskWorn, disk)?.Value ?? 3;

    public bool IsFailing(string disk) => Standing(FaultKind.DiskFailing, disk) is not null;

    public void Inject(FaultSpec fault)
    {
        _faults.RemoveAll(f => f.Kind == fault.Kind && f.Target == fault.Target);
        _faults.Add(fault);
        Happen(fault);
        Apply();
    }

    public void Clear(FaultSpec fault)
    {
        _faults.Remove(fault);
        Apply();
    }

    /// <summary>Lines for the kernel's log since the last call.</summary>
    public IReadOnlyList<KernelMessage> TakeMessages()
    {
        if (_messages.Count == 0)
            return [];
        KernelMessage[] taken = [.. _messages];
        _messages.Clear();
        return taken;
    }

    /// <param name="watts">Power of each GPU.</param>
    /// <param name="percent">Load of each GPU.</param>
    /// <param name="reasons">Clocks event reasons that the plant gives every GPU, beside those of faults.</param>
    public void Step(double seconds, ReadOnlySpan<double> watts, ReadOnlySpan<double> percent, long reasons = 0)
    {
        for (var i = 0; i < _gpus.Length; i++)
            _gpus[i].Step(seconds, watts[i], percent[i], reasons);
        foreach (var port in _rdma)
            port.Step(seconds);
    }

    private FaultSpec? Standing(FaultKind kind, string target)
    {
        foreach (var fault in _faults)
        {
            if (fault.Kind == kind && fault.Target == target)
                return fault;
        }

        return null;
    }

    /// <summary>What a fault does once, at its beginning: counters that jump, lines in the kernel's log.</summary>
    private void Happen(FaultSpec fault)
    {
        if (fault.Kind == FaultKind.RdmaDown)
            _rdma[int.Parse(fault.Target.AsSpan(5))].LinkDowned++;
        if (GpuOf(fault.Target) is not { } gpu)
            return;
        switch (fault.Kind)
        {
            case FaultKind.GpuXid:
                Xid(gpu, (int)(fault.Value ?? 0), "pid=4711, name=python3, Ch 00000008");
                break;
            case FaultKind.EccUncorrected:
                gpu.EccUncorrected++;
                gpu.RecoveryAction = 4;
                Xid(gpu, 48, "DBE (double bit error) at 0x7fb200 HBM site 3");
                _messages.Add(new(gpu.Index, 154, $"NVRM: Xid (PCI:{gpu.KernelBusId}): 154, GPU recovery action changed from 0x0 (None) to 0x4 (Drain and Reset)"));
                break;
            case FaultKind.RowRemapPending:
                gpu.RemappedUncorrected++;
                Xid(gpu, 63, "Row Remapper: New row (0x00000000001a2b3c) marked for remapping, reset gpu to activate.");
                break;
            case FaultKind.RowRemapFailed:
                Xid(gpu, 64, "Row Remapper: Failed to record the row remapping, bank has no spare row.");
                break;
            case FaultKind.NvlinkDown:
                Xid(gpu, 74, $"NVLink: fatal error detected on link {LinkOf(fault.Target)}(0x0, 0x0, 0x10000, 0x0, 0x0, 0x0, 0x0)");
                break;
            default:
                break; // stands, and happened nowhere
        }
    }

    private void Xid(GpuHealthState gpu, int xid, string text) =>
        _messages.Add(new(gpu.Index, xid, $"NVRM: Xid (PCI:{gpu.KernelBusId}): {xid}, {text}"));

    /// <summary>Rebuilds every standing effect from the list: order of injection and clearing does not matter.</summary>
    private void Apply()
    {
        InitCode = 0;
        OldDriver = false;
        FabricManagerAlive = true;
        foreach (var gpu in _gpus)
            gpu.Heal();
        foreach (var port in _rdma)
            port.Heal();
        foreach (var fault in _faults)
        {
            if (GpuOf(fault.Target) is { } gpu)
                gpu.Apply(fault.Kind, LinkOf(fault.Target), fault.Value ?? 0);
            else
                ApplyToBox(fault);
        }
    }

    private void ApplyToBox(FaultSpec fault)
    {
        switch (fault.Kind)
        {
            case FaultKind.NvmlInitRefused:
                InitCode = (int)(fault.Value ?? 0);
                break;
            case FaultKind.NvmlOldDriver:
                OldDriver = true;
                break;
            case FaultKind.FabricManagerDead:
                FabricManagerAlive = false;
                break;
            case FaultKind.RdmaDown:
                _rdma[int.Parse(fault.Target.AsSpan(5))].Down();
                break;
            case FaultKind.RdmaErrors:
                _rdma[int.Parse(fault.Target.AsSpan(5))].ErrorsPerS = fault.Value ?? 0;
                break;
            case FaultKind.DiskWorn or FaultKind.DiskFailing:
                break; // looked up where the disk is shown
            default:
                throw new System.Diagnostics.UnreachableException($"{fault.Kind} is no fault of the box' health.");
        }
    }

    private GpuHealthState? GpuOf(string target) =>
        target.StartsWith("gpu", StringComparison.Ordinal) ? _gpus[int.Parse(target.AsSpan(3).ToString().Split('/')[0])] : null;

    /// <summary>4 of <c>gpu3/link4</c>; −1 where no link is named.</summary>
    private static int LinkOf(string target) =>
        target.IndexOf("/link", StringComparison.Ordinal) is >= 0 and var at ? int.Parse(target.AsSpan(at + 5)) : -1;
}
