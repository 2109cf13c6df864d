using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>NVLink, NVSwitch and the RDMA ports: a verdict, then what is not whole.</summary>
internal static class FabricText
{
    public static IEnumerable<string> Lines(FabricFrame? frame, BoxHealth sweep, Screen screen)
    {
        var state = frame?.State ?? "unknown";
        yield return $"NVLink  {(state is "ok" or "none" ? screen.Good(state) : screen.Bad(state))}  {Links(frame)}, {Text.Number(sweep.Fabric?.Switches)} NVSwitches, "
            + $"Fabric Manager {Manager(sweep.Fabric, screen)}";
        if (GpuHealthText.Probe(sweep.Probe, screen) is { } fault)
            yield return fault;
        foreach (var gpu in sweep.Gpus)
        {
            foreach (var line in Gpu(gpu, screen))
                yield return line;
        }

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
            yield return "No other node is configured (health.peers): the way between nodes is not measured.";
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
            yield return "No RDMA port.";
            yield break;
        }

        yield return screen.Faint("PORT        STATE     PHYS      RATE              ERRORS  DOWNED  SYMBOLS  FIRMWARE      BUS");
        foreach (var port in ports)
        {
            var isUp = port is { State: "ACTIVE", PhysState: "LinkUp" };
            yield return string.Concat(
                Screen.Pad($"{port.Device}/{port.Port}", 12),
                Screen.Pad(isUp ? screen.Good(port.State!) : screen.Bad(port.State ?? Text.Absent), 10),
                Screen.Pad(port.PhysState ?? Text.Absent, 10),
                Screen.Pad($"{Text.Number(port.RateGbS)} Gb/s {port.RateText}", 18),
                Screen.Pad(Text.Number(port.ReceiveErrors), 8),
                Screen.Pad(Text.Number(port.LinkDowned), 8),
                Screen.Pad(Text.Number(port.SymbolErrors), 9),
                Screen.Pad(port.FirmwareVersion ?? Text.Absent, 14),
                port.PciBusId ?? Text.Absent);
        }
    }

    public static string Word(FabricState state) => state switch
    {
        FabricState.NotSupported => "none",
        FabricState.NotStarted => "notstarted",
        FabricState.InProgress => "inprogress",
        FabricState.Completed => "completed",
        _ => throw new System.Diagnostics.UnreachableException($"No word for {state}."),
    };

    private static string Links(FabricFrame? frame) => frame?.NvlinksTotal is { } total ? $"{frame.NvlinksUp} of {total} links up" : "links unknown";

    private static string Manager(FabricHealth? fabric, Screen screen) => fabric?.ManagerAlive switch
    {
        true => $"alive (process {fabric.ManagerPid})",
        false => screen.Warn("not running"),
        null => "unknown",
    };

    /// <summary>Only what is not whole: eight times eighteen links that are up are no news.</summary>
    private static IEnumerable<string> Gpu(GpuHealth gpu, Screen screen)
    {
        if (gpu.Fabric is { } fabric && !Loop.FabricAssembly.IsRegistered(gpu))
            yield return screen.Bad($"gpu{gpu.Index}  fabric {Word(fabric.State)}, status {fabric.Status}, health mask 0x{fabric.HealthMask:x}{Mask(fabric)}");
        foreach (var link in gpu.Nvlinks?.Links ?? [])
        {
            if (link.Up == false)
                yield return screen.Bad($"gpu{gpu.Index}  link {link.Link} is down");
            else if (link.Replays > 0 || link.Recoveries > 0 || link.CrcErrors > 0)
                yield return screen.Warn($"gpu{gpu.Index}  link {link.Link}: {link.Replays} replays, {link.Recoveries} recoveries, {link.CrcErrors} CRC errors");
        }
    }

    private static string Mask(GpuFabric fabric)
    {
        var words = new List<string>();
        if (fabric.DegradedBandwidth == true)
            words.Add("degraded bandwidth");
        if (fabric.RouteRecovery == true)
            words.Add("route recovery");
        if (fabric.RouteUnhealthy == true)
            words.Add("route unhealthy");
        if (fabric.AccessTimeoutRecovery == true)
            words.Add("access timeout recovery");
        if (fabric.IncorrectConfiguration > 1)
            words.Add($"incorrect configuration {fabric.IncorrectConfiguration}");
        return words.Count > 0 ? $" ({string.Join(", ", words)})" : "";
    }
}
