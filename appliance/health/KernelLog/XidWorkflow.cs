namespace Appliance.Health.KernelLog;

/// <summary>
/// From a line of the kernel's log and its neighbours to a decision: the catalogue's bucket where it says what to do, its workflow where it
/// says "it depends". Pure; the same for a file and for a live log, which decides again when a neighbour arrives.
/// </summary>
public static class XidWorkflow
{
    /// <summary>What lies nearer than this to a line is its neighbour.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(2);

    /// <summary>Without stamps the lines next to each other are neighbours, up to so many apart.</summary>
    public const int WindowLines = 8;

    /// <summary>Page faults by so many different programs on one GPU, and none elsewhere, point to the GPU.</summary>
    private const int FaultyRuns = 3;

    public static bool AreNear(LogLine one, LogLine other) => one.At is { } a && other.At is { } b
        ? (a - b).Duration() <= Window
        : Math.Abs(one.Number - other.Number) <= WindowLines;

    /// <summary>
    /// Whether a neighbour can change what is said of a line, or whose fault it is. In a storm everything is near everything: what cannot matter
    /// must not be looked at again, or a hundred lines cost ten thousand decisions.
    /// </summary>
    public static bool Matters(KernelFault of, KernelFault near) => (of, near) switch
    {
        (KernelFault.Xid { Code: 74 }, _) => true, // that it came alone is part of it
        (KernelFault.Xid { Code: 136 }, KernelFault.Sxid { Link: not null }) => true,
        (KernelFault.Xid xid, KernelFault.Xid other) => other.Gpu == xid.Gpu && (xid.Code == 45 || (other.Code is 48 or 63 or 64 or 154 && HangsOnNeighbours(xid))),
        (KernelFault.Sxid, KernelFault.Xid { Code: 74 or 79 or 136 }) => true,
        (KernelFault.Sxid, KernelFault.Host { Pattern.Name: "gpu_off_bus" }) => true,
        _ => false,
    };

    /// <summary>False for what means the same whatever stands beside it: most of what programs do wrong.</summary>
    private static bool HangsOnNeighbours(KernelFault.Xid xid) =>
        XidCatalogue.Find(xid.Code) is { } kind && (kind.IsWorkflow || kind.Bucket is null || kind.Severity == FaultSeverity.Fatal);

    /// <param name="near">The other lines within the window, before and after.</param>
    /// <param name="memory">What lay before this line.</param>
    /// <param name="ours">True where the box itself ended the program: its own kills read as no fault.</param>
    public static KernelDecision Decide(KernelFault fault, IReadOnlyCollection<KernelFault> near, XidMemory memory, bool ours = false) => fault switch
    {
        KernelFault.Xid xid => Decide(xid, [.. near.OfType<KernelFault.Xid>().Where(n => n.Gpu == xid.Gpu)], near, memory, ours),
        KernelFault.Sxid sxid => Decide(sxid),
        KernelFault.Host host => Decide(host),
        _ => throw new System.Diagnostics.UnreachableException($"No decision for {fault.GetType().Name}."),
    };

    private static KernelDecision Decide(
        KernelFault.Xid xid, KernelFault.Xid[] siblings, IReadOnlyCollection<KernelFault> near, XidMemory memory, bool ours)
    {
        if (XidCatalogue.Find(xid.Code) is not { } kind)
        {
            var name = XidCatalogue.Elsewhere.TryGetValue(xid.Code, out var mnemonic) ? $" ({mnemonic})" : "";
            return new(xid.Line.Number, xid.Code, xid.Gpu, FaultSeverity.Information, null, null, "gpu", null,
                $"XID {xid.Code}{name} is not in NVIDIA's catalogue for this board: reported, not acted on.");
        }

        var (action, severity, why) = ours && xid.Code is 43 or 45
            ? (FaultAction.Ignore, FaultSeverity.Information, "the box itself ended the program")
            : xid.Code switch
            {
                13 => OfException(xid, memory),
                31 => OfPageFault(xid, memory),
                45 => OfRemoval(siblings),
                48 => OfDoubleBit(siblings),
                74 => OfLink(xid, near, memory),
                154 => OfRecovery(xid),
                _ => OfBucket(kind, siblings),
            };
        var component = xid.Link is { } link && kind.Component == "nvlink" ? $"nvlink {link}" : kind.Component;
        var recovery = xid.Code != 154 && siblings.FirstOrDefault(s => s is { Code: 154, Recovery: > 0 }) is { } asked
            ? $" The driver asks for: {RecoveryWord(asked.Recovery!.Value)}." : "";
        return new(xid.Line.Number, xid.Code, xid.Gpu, severity, kind.Bucket, action, component, AlarmFor(xid.Code, kind, action, severity),
            $"{kind.Title} ({kind.Mnemonic}){(why.Length == 0 ? "" : $": {why}")}.{recovery}");
    }

    private static (string?, FaultSeverity, string) OfException(KernelFault.Xid xid, XidMemory memory)
    {
        if (xid.Core is not { } core)
            return (FaultAction.RestartApp, FaultSeverity.Application, "an error of the program");
        var earlier = memory.EarlierOnCore(xid);
        return earlier > 0 && !memory.CrashHitOtherCores(xid)
            ? (FaultAction.RunDiagnostics, FaultSeverity.Degraded, $"again on GPC {core.Gpc} TPC {core.Tpc}, {earlier + 1} times within a day: the core is suspect")
            : (FaultAction.RestartApp, FaultSeverity.Application, $"on GPC {core.Gpc} TPC {core.Tpc}, not repeated there: an error of the program");
    }

    private static (string?, FaultSeverity, string) OfPageFault(KernelFault.Xid xid, XidMemory memory)
    {
        var (earlier, elsewhere) = memory.EarlierFaults(xid);
        return earlier + 1 >= FaultyRuns && !elsewhere
            ? (FaultAction.RunDiagnostics, FaultSeverity.Degraded, $"in {earlier + 1} runs within a day, always on this GPU: the GPU is suspect")
            : (FaultAction.RestartApp, FaultSeverity.Application, elsewhere ? "other GPUs too: an error of the program" : "an error of the program");
    }

    private static (string?, FaultSeverity, string) OfRemoval(KernelFault.Xid[] siblings)
    {
        var other = siblings.Where(s => s.Code != 45).Select(s => s.Code).Distinct().ToArray();
        return other.Length > 0
            ? (FaultAction.Ignore, FaultSeverity.Information, $"follows from XID {string.Join(", ", other)}")
            : (FaultAction.RestartFabricManager, FaultSeverity.Degraded, "alone within 2 s: restart the Fabric Manager");
    }

    private static (string?, FaultSeverity, string) OfDoubleBit(KernelFault.Xid[] siblings)
    {
        var remap = siblings.FirstOrDefault(s => s.Code is 63 or 64);
        return remap is null
            ? (FaultAction.ResetGpu, FaultSeverity.Fatal, "alone within 2 s; after the reset look at the SRAM threshold")
            : (FaultAction.DrainAndReset, FaultSeverity.Fatal, remap.Code == 63 ? "a row remap was recorded (XID 63) and waits for the reset" : "and the row remap failed (XID 64)");
    }

    private static (string?, FaultSeverity, string) OfLink(KernelFault.Xid xid, IReadOnlyCollection<KernelFault> near, XidMemory memory)
    {
        var solo = near.All(n => n is KernelFault.Xid { Code: 74 } same && same.Gpu == xid.Gpu && same.Link == xid.Link);
        var (action, severity, why) = NvlinkRegisters.Decode(xid.Registers, memory.EarlierOnLink(xid), solo);
        var far = near.OfType<KernelFault.Sxid>().FirstOrDefault();
        return (action, severity, far is null ? why : $"{why}; NVSwitch{far.Switch} says SXid {far.Code}");
    }

    private static (string?, FaultSeverity, string) OfRecovery(KernelFault.Xid xid) => xid.Recovery switch
    {
        0 => (FaultAction.Ignore, FaultSeverity.Information, "the driver asks for nothing any more"),
        1 => (FaultAction.ResetGpu, FaultSeverity.Fatal, "the driver asks for a GPU reset"),
        2 => (FaultAction.RestartBareMetal, FaultSeverity.Fatal, "the driver asks for a reboot"),
        3 => (FaultAction.DrainPeers, FaultSeverity.Fatal, "the driver asks to drain peer-to-peer work, then to reset"),
        4 => (FaultAction.DrainAndReset, FaultSeverity.Fatal, "the driver asks to drain and reset"),
        _ => (FaultAction.ContactSupport, FaultSeverity.Degraded, "the new action is not one we know"),
    };

    /// <summary>The bucket is the action. Where there is none, a recovery action or a double-bit error next to it says what to do.</summary>
    private static (string?, FaultSeverity, string) OfBucket(XidKind kind, KernelFault.Xid[] siblings)
    {
        if (kind.Bucket is { } bucket)
            return (bucket, kind.Severity, "");
        if (siblings.FirstOrDefault(s => s is { Code: 154, Recovery: > 0 }) is { } asked)
            return (OfRecovery(asked).Item1, kind.Severity, "the catalogue names no action; the recovery action next to it does");
        if (siblings.Any(s => s.Code == 48))
            return (OfDoubleBit(siblings).Item1, kind.Severity, "tells more about the XID 48 next to it");
        return (null, kind.Severity, "the catalogue names no action; see the recovery action in `nvidia-smi -q`");
    }

    private static KernelDecision Decide(KernelFault.Sxid sxid)
    {
        var (action, severity, why) = SxidCatalogue.Of(sxid.Code, sxid.Fatal);
        var component = sxid.Link is { } link ? $"nvswitch{sxid.Switch} link {link}" : $"nvswitch{sxid.Switch}";
        var alarm = severity < FaultSeverity.Degraded ? null : action == FaultAction.RestartBareMetal ? BoardAlarms.RebootNeeded : BoardAlarms.NvlinkFault;
        return new(sxid.Line.Number, null, null, severity, action, action, component, alarm, $"SXid {sxid.Code} on NVSwitch{sxid.Switch}, {sxid.Said.TrimEnd('.')}: {why}.");
    }

    private static KernelDecision Decide(KernelFault.Host host)
    {
        var pattern = host.Pattern;
        return new(host.Line.Number, null, host.Gpu, pattern.Severity, null, pattern.Action,
            host.Part.Length == 0 ? pattern.Component : $"{pattern.Component} {host.Part}", pattern.Alarm, pattern.Why);
    }

    private static string? AlarmFor(int code, XidKind kind, string? action, FaultSeverity severity) => (code, action) switch
    {
        (79, _) => AlarmCatalogue.GpuLost,
        (64, _) => BoardAlarms.GpuFailing,
        (54, _) => BoardAlarms.GpuPowerFeed,
        (74 or 136, not FaultAction.Ignore) => BoardAlarms.NvlinkFault,
        (_, FaultAction.RestartFabricManager) => BoardAlarms.FabricDown,
        (_, FaultAction.RestartBareMetal) => BoardAlarms.RebootNeeded,
        (_, FaultAction.RunDiagnostics or FaultAction.RunFieldDiagnostics) => BoardAlarms.GpuSuspect,
        (92 or 157 or 168, _) => BoardAlarms.GpuSuspect,
        (_, FaultAction.ResetGpu or FaultAction.DrainAndReset or FaultAction.DrainPeers) => BoardAlarms.GpuResetNeeded,
        (_, null) when severity == FaultSeverity.Fatal => BoardAlarms.GpuResetNeeded,
        _ => null,
    };

    private static string RecoveryWord(int recovery) => recovery switch
    {
        1 => "GPU reset",
        2 => "node reboot",
        3 => "drain P2P",
        4 => "drain and reset",
        _ => $"action {recovery}",
    };
}
