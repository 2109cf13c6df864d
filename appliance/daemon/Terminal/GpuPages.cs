using Appliance.Daemon.Cli;
using Appliance.Model;

namespace Appliance.Daemon.Terminal;

/// <summary>
/// The console's pages of GPUs and fabric. What stands in 80 columns is what somebody acts on; addresses, firmware and serial numbers come where
/// there is room.
/// </summary>
internal static class GpuPages
{
    /// <summary>From here on a terminal is a wide one.</summary>
    private const int Wide = 120;

    private static readonly Columns States = new([5, 10, -9, -4, -4, -5, -8, -5, -9, 60]);
    private static readonly Columns Health = new([5, 8, 9, -8, -8, -6, -6, 10, 7, -4, 10, 15, 20]);
    private static readonly Columns Ports = new([12, 9, 9, -9, -7, -7, -7, 12, 16]);

    public static IEnumerable<Line> Gpus(IReadOnlyList<GpuFrame> gpus, BoxHealth? sweep, ConsoleWords words, int width)
    {
        if (gpus.Count == 0)
            yield return words.Page.NoGpu;
        foreach (var fault in Faults(sweep, words))
            yield return new(BoxPages.Ascii(fault), Look.Bold);
        if (gpus.Count > 0)
            yield return States.Row(words.Page.Gpus);
        foreach (var gpu in gpus)
            yield return new(State(gpu, words), gpu.State == "ok" ? Look.Plain : Look.Bold);
        if (sweep is null || sweep.Gpus.All(g => g.Access == GpuAccess.Unknown))
            yield break;
        var columns = width >= Wide ? Health : new(Health.Widths.Take(10).ToArray());
        yield return columns.Row(words.Page.GpuHealth);
        foreach (var gpu in sweep.Gpus)
            yield return new(columns.Row(HealthCells(gpu, words)), IsWell(gpu) ? Look.Plain : Look.Bold);
    }

    public static IEnumerable<Line> Fabric(FabricFrame? frame, BoxHealth sweep, ConsoleWords words, int width)
    {
        var page = words.Page;
        var state = frame?.State ?? "unknown";
        var links = frame?.NvlinksTotal is { } total ? string.Format(null, page.LinksUp, frame.NvlinksUp, total) : page.LinksUnknown;
        var manager = sweep.Fabric?.ManagerAlive switch
        {
            true => string.Format(null, page.ManagerAlive, sweep.Fabric.ManagerPid),
            false => page.ManagerDead,
            null => page.Unknown,
        };
        foreach (var line in CellWidth.Wrap(string.Format(null, page.Fabric, words.State(state), links, BoxPages.Number(sweep.Fabric?.Switches), manager), width - 1))
            yield return new(line, state is "ok" or "none" ? Look.Plain : Look.Bold);
        if (Probe(sweep.Probe, words) is { } fault)
            yield return new(BoxPages.Ascii(fault), Look.Bold);
        foreach (var line in sweep.Gpus.SelectMany(g => NotWhole(g, words)))
            yield return new(line, Look.Bold);
        yield return "";
        foreach (var line in PortLines(sweep.RdmaPorts ?? [], words, width))
            yield return line;
        yield return "";
        foreach (var line in Peers(sweep.Peers ?? [], words, width))
            yield return line;
    }

    private static string State(GpuFrame gpu, ConsoleWords words)
    {
        var memory = gpu.MemoryUsedMib is { } used && gpu.MemoryTotalMib is { } total ? $"{used / 1024:0}/{total / 1024:0} GiB" : "-";
        return States.Row([
            $"gpu{gpu.Index}", words.State(gpu.State), $"{BoxPages.Number(gpu.PowerW)}/{BoxPages.Number(gpu.PowerLimitW)} W", BoxPages.Number(gpu.TemperatureC), BoxPages.Number(gpu.MemoryTemperatureC),
            $"{BoxPages.Number(gpu.MarginK)} K", $"{BoxPages.Number(gpu.SmClockMhz)} MHz", $"{BoxPages.Number(gpu.UtilizationPercent)} %", memory, string.Join(", ", gpu.ThrottleReasons.Select(words.State)),
        ]);
    }

    private static IReadOnlyList<string> HealthCells(GpuHealth gpu, ConsoleWords words)
    {
        var (pcie, remaps, links, ecc) = (gpu.Pcie, gpu.RowRemaps, gpu.Nvlinks, gpu.Ecc);
        return [
            $"gpu{gpu.Index}",
            words.State(GpuHealthText.Word(gpu.Access)),
            pcie is null ? "-" : $"gen{BoxPages.Number(pcie.Generation)} x{BoxPages.Number(pcie.Width)}",
            BoxPages.Number(pcie?.Replays),
            $"{BoxPages.Number(ecc?.VolatileCorrected)}/{BoxPages.Number(ecc?.VolatileUncorrected)}",
            remaps is null ? "-" : remaps.Failed == true ? words.State("failed") : remaps.Pending == true ? words.State("waits") : $"{remaps.Correctable + remaps.Uncorrectable}",
            links is null ? "-" : $"{links.Up}/{links.Fitted}",
            gpu.Fabric is null ? "-" : words.State(FabricText.Word(gpu.Fabric.State)),
            gpu.Modes?.RecoveryAction is { } action ? words.State(GpuHealthText.Action(action)) : "-",
            BoxPages.Number(gpu.Identity?.ModuleId),
            gpu.Identity?.PciBusId is { Length: > 9 } bus ? bus[9..] : "-",
            gpu.Identity?.VbiosVersion ?? "-",
            gpu.Identity?.Serial ?? "-",
        ];
    }

    private static bool IsWell(GpuHealth gpu) =>
        gpu is { Access: GpuAccess.Good, RowRemaps: not { Failed: true } and not { Pending: true }, Ecc: not { VolatileUncorrected: > 0 }, Modes: not { RecoveryAction: > 0 } }
        && (gpu.Pcie is not { } pcie || ((pcie.Generation ?? 0) >= (pcie.MaxGeneration ?? 0) && (pcie.Width ?? 0) >= (pcie.MaxWidth ?? 0)))
        && (gpu.Nvlinks is not { } links || links.Up == links.Fitted)
        && (gpu.Fabric is null || Loop.FabricAssembly.IsRegistered(gpu));

    /// <summary>First what keeps a GPU from being read at all: nothing below is worth much then.</summary>
    private static IEnumerable<string> Faults(BoxHealth? sweep, ConsoleWords words)
    {
        if (sweep is null)
            yield break;
        if (Probe(sweep.Probe, words) is { } fault)
            yield return fault;
        foreach (var gpu in sweep.Gpus.Where(g => g.Fault is not null))
            yield return $"gpu{gpu.Index}  {gpu.Fault}";
    }

    /// <summary>One line where the driver cannot be asked; null when it can.</summary>
    private static string? Probe(ProbeHealth? probe, ConsoleWords words) => probe switch
    {
        null => words.Page.ProbeUnheard,
        { State: ProbeState.Working } => null,
        { State: ProbeState.Blind } => string.Format(null, words.Page.ProbeBlind, probe.Fault),
        { State: ProbeState.NoDriver } => string.Format(null, words.Page.NoDriver, probe.Fault),
        _ => string.Format(null, words.Page.ProbeSilent, probe.Fault),
    };

    /// <summary>Eight times eighteen links that are up are no news.</summary>
    private static IEnumerable<string> NotWhole(GpuHealth gpu, ConsoleWords words)
    {
        if (gpu.Fabric is { } fabric && !Loop.FabricAssembly.IsRegistered(gpu))
            yield return string.Format(null, words.Page.GpuFabric, $"gpu{gpu.Index}", words.State(FabricText.Word(fabric.State)), fabric.Status, fabric.HealthMask);
        foreach (var link in gpu.Nvlinks?.Links ?? [])
        {
            if (link.Up == false)
                yield return string.Format(null, words.Page.LinkDown, $"gpu{gpu.Index}", link.Link);
            else if (link.Replays > 0 || link.Recoveries > 0 || link.CrcErrors > 0)
                yield return string.Format(null, words.Page.LinkWorn, $"gpu{gpu.Index}", link.Link, link.Replays, link.Recoveries, link.CrcErrors);
        }
    }

    private static IEnumerable<Line> PortLines(IReadOnlyList<RdmaPortHealth> ports, ConsoleWords words, int width)
    {
        if (ports.Count == 0)
        {
            yield return words.Page.NoPort;
            yield break;
        }

        var columns = width >= Wide ? Ports : new(Ports.Widths.Take(8).ToArray());
        yield return columns.Row(words.Page.Ports);
        foreach (var port in ports)
        {
            yield return new(
                columns.Row([
                    $"{port.Device}/{port.Port}", port.State ?? "-", port.PhysState ?? "-", $"{BoxPages.Number(port.RateGbS)} Gb/s", BoxPages.Number(port.ReceiveErrors), BoxPages.Number(port.LinkDowned),
                    BoxPages.Number(port.SymbolErrors), port.FirmwareVersion ?? "-", port.PciBusId ?? "-",
                ]),
                port is { State: "ACTIVE", PhysState: "LinkUp" } ? Look.Plain : Look.Bold);
        }
    }

    private static IEnumerable<Line> Peers(IReadOnlyList<PeerHealth> peers, ConsoleWords words, int width)
    {
        if (peers.Count == 0)
            yield return CellWidth.Fit(words.Page.NoPeer, width - 1).TrimEnd();
        foreach (var peer in peers)
        {
            yield return peer.LatencyUs is { } us
                ? string.Format(null, words.Page.Peer, peer.Name, BoxPages.Number(us), peer.NetDevice ?? words.Page.Unknown)
                : new Line(string.Format(null, words.Page.PeerAway, peer.Name, peer.Fault ?? "-"), Look.Bold);
        }
    }
}
