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
        foreach (var held in gpus.Where(g => g.LimitReason is not null).GroupBy(g => (Limit: g.PowerLimitW, Low: g.LowestClock, Reason: g.LimitReason!)))
        {
            var clock = held.Key.Low == true ? words.Page.LowestClock : "";
            foreach (var line in CellWidth.Wrap(string.Format(null, words.Page.GpuHeld, string.Join(' ', held.Select(g => $"gpu{g.Index}")), BoxPages.Number(held.Key.Limit), clock, words.Reason(held.Key.Reason)), width - 1))
                yield return new(line, Look.Bold);
        }

        if (sweep is null || sweep.Gpus.All(g => g.Access == GpuAccess.Unknown))
            yield break;
        var columns = width >= Wide ? Health : new(Health.Widths.Take(10).ToArray());
        yield return columns.Row(words.Page.GpuHealth);
        foreach (var cells in sweep.Gpus.Select(g => GpuHealthText.Cells(g, words.State)))
            yield return new(columns.Row([.. cells.Select(c => BoxPages.Ascii(c.Text))]), cells.All(c => c.IsWell) ? Look.Plain : Look.Bold);
    }

    public static IEnumerable<Line> Fabric(FabricFrame? frame, BoxHealth sweep, ConsoleWords words, int width)
    {
        var page = words.Page;
        var state = frame?.State ?? "unknown";
        var (links, manager) = (FabricText.Links(frame, page), FabricText.Manager(sweep.Fabric, page));
        foreach (var line in CellWidth.Wrap(string.Format(null, page.Fabric, words.State(state), links, BoxPages.Number(sweep.Fabric?.Switches), manager), width - 1))
            yield return new(line, state is "ok" or "none" ? Look.Plain : Look.Bold);
        if (GpuHealthText.Probe(sweep.Probe, page) is { } fault)
            yield return new(BoxPages.Ascii(fault), Look.Bold);
        foreach (var line in sweep.Gpus.SelectMany(g => FabricText.NotWhole(g, page, words.State)).SelectMany(n => CellWidth.Wrap(n.Line, width - 1)))
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

    /// <summary>First what keeps a GPU from being read at all: nothing below is worth much then.</summary>
    private static IEnumerable<string> Faults(BoxHealth? sweep, ConsoleWords words)
    {
        if (sweep is null)
            yield break;
        if (GpuHealthText.Probe(sweep.Probe, words.Page) is { } fault)
            yield return fault;
        foreach (var gpu in sweep.Gpus.Where(g => g.Fault is not null))
            yield return GpuHealthText.Fault(gpu);
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
            yield return new(columns.Row([.. FabricText.PortCells(port).Select(BoxPages.Ascii)]), FabricText.IsUp(port) ? Look.Plain : Look.Bold);
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
