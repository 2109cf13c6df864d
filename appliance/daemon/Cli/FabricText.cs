using Appliance.Daemon.Terminal;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>NVLink, NVSwitch and the RDMA ports: a verdict, then what is not whole. The verb's lines, and what the console's page shares with them.</summary>
internal static class FabricText
{
    private static readonly PageWords Words = PageWords.English;

    public static IEnumerable<string> Lines(FabricFrame? frame, BoxHealth sweep, Screen screen)
    {
        var state = frame?.State ?? "unknown";
        yield return $"NVLink  {(state is "ok" or "none" ? screen.Good(state) : screen.Bad(state))}  {Links(frame, Words)}, {Text.Number(sweep.Fabric?.Switches)} NVSwitches, "
            + $"Fabric Manager {(sweep.Fabric?.ManagerAlive == false ? screen.Warn(Manager(sweep.Fabric, Words)) : Manager(sweep.Fabric, Words))}";
        if (GpuHealthText.Probe(sweep.Probe, screen) is { } fault)
            yield return fault;
        foreach (var (line, isBroken) in sweep.Gpus.SelectMany(g => NotWhole(g, Words, word => word)))
            yield return isBroken ? screen.Bad(line) : screen.Warn(line);

        yield return "";
        foreach (var line in Ports(sweep.RdmaPorts ?? [], screen))
            yield return line;
        yield return "";
        foreach (var line in Peers(sweep.Peers ?? [], screen))
            yield return line;
    }

    private static IEnumerable<string> Peers(IReadOnlyList<PeerHealth> peers, Screen screen)
    {
        if (peers.Count == 0)
        {
            yield return Words.NoPeer;
            yield break;
        }

        foreach (var peer in peers)
        {
            yield return peer.LatencyUs is { } us
                ? $"{Screen.Pad(peer.Name, 24)}  {us:0} µs there and back over {peer.NetDevice ?? "an unknown device"}"
                : $"{Screen.Pad(peer.Name, 24)}  {screen.Warn(peer.Fault ?? "not reached yet")}";
        }
    }

    private static IEnumerable<string> Ports(IReadOnlyList<RdmaPortHealth> ports, Screen screen)
    {
        if (ports.Count == 0)
        {
            yield return Words.NoPort;
            yield break;
        }

        yield return screen.Faint("PORT        STATE     PHYS      RATE              ERRORS  DOWNED  SYMBOLS  FIRMWARE      BUS");
        foreach (var port in ports)
        {
            var cells = PortCells(port);
            yield return string.Concat(
                Screen.Pad(cells[0], 12),
                Screen.Pad(IsUp(port) ? screen.Good(cells[1]) : screen.Bad(cells[1]), 10),
                Screen.Pad(cells[2], 10),
                Screen.Pad($"{cells[3]} {port.RateText}", 18),
                Screen.Pad(cells[4], 8),
                Screen.Pad(cells[5], 8),
                Screen.Pad(cells[6], 9),
                Screen.Pad(cells[7], 14),
                cells[8]);
        }
    }

    public static bool IsUp(RdmaPortHealth port) => port is { State: "ACTIVE", PhysState: "LinkUp" };

    /// <summary>From its name to its PCI address.</summary>
    public static IReadOnlyList<string> PortCells(RdmaPortHealth port) =>
    [
        $"{port.Device}/{port.Port}", port.State ?? Text.Absent, port.PhysState ?? Text.Absent, $"{Text.Number(port.RateGbS)} Gb/s", Text.Number(port.ReceiveErrors), Text.Number(port.LinkDowned),
        Text.Number(port.SymbolErrors), port.FirmwareVersion ?? Text.Absent, port.PciBusId ?? Text.Absent,
    ];

    public static string Word(FabricState state) => state switch
    {
        FabricState.NotSupported => "none",
        FabricState.NotStarted => "notstarted",
        FabricState.InProgress => "inprogress",
        FabricState.Completed => "completed",
        _ => throw new System.Diagnostics.UnreachableException($"No word for {state}."),
    };

    public static string Links(FabricFrame? frame, PageWords words) =>
        frame?.NvlinksTotal is { } total ? string.Format(null, words.LinksUp, frame.NvlinksUp, total) : words.LinksUnknown;

    public static string Manager(FabricHealth? fabric, PageWords words) => fabric?.ManagerAlive switch
    {
        true => string.Format(null, words.ManagerAlive, fabric.ManagerPid),
        false => words.ManagerDead,
        null => words.Unknown,
    };

    /// <summary>Only what is not whole: eight times eighteen links that are up are no news. What is broken, and what only had to repeat itself.</summary>
    /// <param name="say">One of the box' own words, as a person says it.</param>
    public static IEnumerable<(string Line, bool IsBroken)> NotWhole(GpuHealth gpu, PageWords words, Func<string, string> say)
    {
        if (gpu.Fabric is { } fabric && !Loop.FabricAssembly.IsRegistered(gpu))
            yield return (string.Format(null, words.GpuFabric, $"gpu{gpu.Index}", say(Word(fabric.State)), fabric.Status, fabric.HealthMask) + Mask(fabric, words), true);
        foreach (var link in gpu.Nvlinks?.Links ?? [])
        {
            if (link.Up == false)
                yield return (string.Format(null, words.LinkDown, $"gpu{gpu.Index}", link.Link), true);
            else if (link.Replays > 0 || link.Recoveries > 0 || link.CrcErrors > 0)
                yield return (string.Format(null, words.LinkWorn, $"gpu{gpu.Index}", link.Link, link.Replays, link.Recoveries, link.CrcErrors), false);
        }
    }

    /// <summary>What the health mask says, decoded; empty when it says nothing bad.</summary>
    private static string Mask(GpuFabric fabric, PageWords words)
    {
        var said = new List<string>();
        if (fabric.DegradedBandwidth == true)
            said.Add(words.DegradedBandwidth);
        if (fabric.RouteRecovery == true)
            said.Add(words.RouteRecovery);
        if (fabric.RouteUnhealthy == true)
            said.Add(words.RouteUnhealthy);
        if (fabric.AccessTimeoutRecovery == true)
            said.Add(words.AccessTimeoutRecovery);
        if (fabric.IncorrectConfiguration > 1)
            said.Add(string.Format(null, words.IncorrectConfiguration, fabric.IncorrectConfiguration));
        return said.Count > 0 ? $" ({string.Join(", ", said)})" : "";
    }
}
