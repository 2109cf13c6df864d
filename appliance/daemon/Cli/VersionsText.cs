using System.Runtime.InteropServices;
using Appliance.Daemon.Control;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>What runs here, part by part: programs, kernel, driver, GPUs' firmware, disks' firmware, ports' firmware.</summary>
internal static class VersionsText
{
    public static IReadOnlyList<VersionRow> Rows(StatusReport report, BoxHealth sweep)
    {
        var rows = new List<VersionRow>
        {
            new("appliance", report.Version),
            new("board", report.Board),
            new("system", RuntimeInformation.OSDescription),
        };
        if (report.Hardware?.DriverVersion is { } driver)
            rows.Add(new("GPU driver", driver));
        rows.AddRange(sweep.Gpus.Where(g => g.Identity?.VbiosVersion is not null).GroupBy(g => g.Identity!.VbiosVersion!)
            .Select(g => new VersionRow($"VBIOS of {Names(g.Select(x => $"gpu{x.Index}"))}", g.Key)));
        rows.AddRange((sweep.Disks ?? []).Where(d => d.Firmware is not null).Select(d => new VersionRow($"disk {d.Name} ({d.Model ?? Text.Absent})", d.Firmware!)));
        rows.AddRange((sweep.RdmaPorts ?? []).Where(p => p.FirmwareVersion is not null).GroupBy(p => p.FirmwareVersion!)
            .Select(g => new VersionRow($"RDMA {Names(g.Select(p => p.Device))}", g.Key)));
        return rows;
    }

    public static IEnumerable<string> Lines(IReadOnlyList<VersionRow> rows) => rows.Select(r => $"{r.Part,-32} {r.Version}");

    private static string Names(IEnumerable<string> names) => names.Distinct().ToArray() is { Length: > 3 } many ? $"{many[0]} … {many[^1]}" : string.Join(", ", names.Distinct());
}

internal sealed record VersionRow(string Part, string Version);
