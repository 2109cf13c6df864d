using Appliance.Daemon.Control;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>One check of <c>appliance health</c>.</summary>
/// <param name="Level">0 well, 1 warning, 2 critical, 3 unknown.</param>
/// <param name="Evidence">What was measured, and the limit.</param>
/// <param name="Next">What to do; null when nothing is.</param>
internal sealed record HealthCheck(string Name, int Level, string Evidence, string? Next);

/// <summary>Every check with its evidence, and the next step where one is needed.</summary>
internal static class HealthText
{
    private static readonly (string Name, string[] Prefixes)[] Groups =
    [
        ("coolant", ["coolant_", "supply_", "capacity_", "heat_", "radiator_", "setpoint_"]),
        ("flow and leaks", ["flow_", "leak_", "level_", "valve_", "pump_without"]),
        ("humidity", ["dew_", "humidity_"]),
        ("fans", ["fan_"]),
        ("pumps", ["pump_"]),
        ("sensors", ["sensor"]),
        ("GPUs", ["gpu_", "plate_", "reboot_"]),
        ("fabric", ["nvlink_", "fabric_"]),
        ("PCIe", ["pcie_"]),
        ("RDMA", ["rdma_", "node_latency"]),
        ("storage", ["disk_", "raid_", "filesystem_"]),
        ("host", ["host_", "clock_"]),
        ("control", ["loop_", "manual_", "engine_parked", "shut_down", "config_"]),
        ("bus", ["bus_"]),
        ("engine", ["inference_", "latency_", "availability_", "http_"]),
    ];

    public static IReadOnlyList<HealthCheck> Checks(StatusReport report)
    {
        var left = report.Snapshot.Alarms.ToList();
        var checks = new List<HealthCheck>();
        foreach (var (name, prefixes) in Groups)
        {
            var own = left.Where(a => prefixes.Any(p => a.Code.StartsWith(p, StringComparison.Ordinal))).ToArray();
            left.RemoveAll(own.Contains);
            var (known, evidence) = Evidence(name, report);
            if (own.Length == 0 && evidence is null)
                continue; // this box has no such part, or nobody has looked yet
            checks.Add(own.Where(a => a.Severity > Severity.Information).ToArray() is { Length: > 0 } bad
                ? new(name, bad.Max(a => (int)a.Severity), string.Join("; ", bad.Select(AlarmsText.Said)), bad[0].NextStep)
                : new(name, known ? 0 : 3, evidence ?? Text.Absent, null));
        }

        checks.AddRange(left.Where(a => a.Severity > Severity.Information)
            .Select(a => new HealthCheck(a.Code, (int)a.Severity, AlarmsText.Said(a), a.NextStep)));
        return checks;
    }

    /// <summary>Critical before warning before unknown before well: what is known to be amiss comes before what nobody knows.</summary>
    public static int ExitCode(IReadOnlyList<HealthCheck> checks) =>
        checks.Any(c => c.Level == 2) ? 2 : checks.Any(c => c.Level == 1) ? 1 : checks.Any(c => c.Level == 3) ? 3 : 0;

    public static IEnumerable<string> Lines(IReadOnlyList<HealthCheck> checks, Screen screen)
    {
        foreach (var check in checks)
        {
            var mark = check.Level switch
            {
                0 => screen.Good("✓ healthy "),
                1 => screen.Warn("▲ warning "),
                2 => screen.Bad("✗ critical"),
                _ => screen.Faint("○ unknown "),
            };
            yield return $"{mark} {screen.Strong(check.Name.PadRight(15))} {check.Evidence}";
            if (check.Next is not null)
                yield return $"{new string(' ', 27)}→ {check.Next}";
        }

        var well = checks.Count(c => c.Level == 0);
        yield return $"{well} of {checks.Count} checks healthy.";
    }

    private static (bool Known, string? Text) Evidence(string name, StatusReport report)
    {
        var thermal = report.Snapshot.Thermal;
        var gpus = report.Snapshot.Gpus;
        var engine = report.Snapshot.Inference;
        var parts = report.Hardware;
        return name switch
        {
            "coolant" => (thermal?.CoolantSupplyC is not null, thermal is null ? "no frame yet" : $"{Text.Celsius(thermal.CoolantSupplyC)}, {Text.Band(thermal)}"),
            "flow and leaks" => (thermal?.FlowLMin is not null, $"{Text.Number(thermal?.FlowLMin, "0.0")} L/min, {(thermal?.Leak == true ? "LEAK" : "no leak")}, level {Text.Number(thermal?.LevelPercent)} %"),
            "humidity" => (thermal?.DewPointC is not null, $"{Text.Number(thermal?.HumidityPercent)} %RH, dew point {Text.Celsius(thermal?.DewPointC)}"),
            "fans" => (thermal is { Fans.Count: > 0 }, Text.Rotors(thermal?.Fans ?? [])),
            "pumps" => (thermal is { Pumps.Count: > 0 }, Text.Rotors(thermal?.Pumps ?? [])),
            "sensors" => (thermal is { Sensors.Count: > 0 }, $"{thermal?.Sensors.Count(s => s.Q == Quality.Good) ?? 0} of {thermal?.Sensors.Count ?? 0} good"),
            "GPUs" => (gpus.Count > 0, $"{gpus.Count(g => g.State == "ok")} of {gpus.Count} ok, least margin {Text.Number(gpus.Min(g => g.MarginK))} K"),
            "fabric" => (true, parts?.NvlinksTotal is null && parts?.GpusInFabric is null ? null
                : $"{parts.NvlinksUp ?? 0} of {parts.NvlinksTotal ?? 0} links up, {parts.GpusInFabric ?? 0} GPUs registered, Fabric Manager {(parts.FabricManagerAlive switch { true => "runs", false => "does not run", null => "unknown" })}"),
            "PCIe" => (true, parts is null || parts.GpusAnswering == 0 ? null : $"{parts.GpusAnswering} links at what both ends can"),
            "RDMA" => (true, parts?.RdmaPorts is > 0 ? $"{parts.RdmaPortsActive} of {parts.RdmaPorts} ports active" : null),
            "storage" => (true, parts?.Disks is > 0 ? $"{parts.Disks} disks, {parts.Raids ?? 0} RAIDs" : null),
            "host" => (true, parts?.ClockSource is { } source ? $"clock by {source}, {parts.ClockOffsetUs ?? 0:0} µs off{(parts.KernelLogFault is { } fault ? $"; kernel log: {fault}" : "")}" : null),
            "control" => (thermal is not null, $"mode {thermal?.Mode ?? Text.Absent}, {report.Loop.Ticks} ticks, {report.Loop.Missed} missed, at most {report.Loop.LatenessMaxMs:0.0} ms late, configuration {report.Config}"),
            "bus" => (report.BusConnected, report.BusConnected ? "connected" : "not connected yet"),
            "engine" => (engine is not null, engine is null ? "not heard of yet" : $"{engine.Model}: {engine.State}"),
            _ => throw new System.Diagnostics.UnreachableException($"No evidence for {name}."),
        };
    }
}
