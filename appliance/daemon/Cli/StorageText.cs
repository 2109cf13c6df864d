using System.Globalization;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>Disks, arrays and file systems, a line each.</summary>
internal static class StorageText
{
    private const double FullAt = 0.10;

    public static IEnumerable<string> Lines(BoxHealth sweep, Screen screen)
    {
        if (sweep.Disks is null && sweep.Mounts is null)
        {
            yield return "Disks have not been looked at yet.";
            yield break;
        }

        foreach (var disk in sweep.Disks ?? [])
        {
            var worn = disk.Smart?.PercentageUsed is { } used ? string.Create(CultureInfo.InvariantCulture, $", {used:0} % worn") : "";
            var errors = disk is { IoErrors: > 0 } ? screen.Warn($", {disk.IoErrors} errors") : "";
            yield return $"disk {disk.Name,-10} {Size(disk.SizeBytes),9}  {disk.Model ?? Text.Absent}, {(disk.State is null or "live" or "running" ? screen.Good(disk.State ?? "ok") : screen.Bad(disk.State))}, "
                + $"{Text.Number(disk.TemperatureC)} °C{worn}{errors}";
        }

        foreach (var raid in sweep.Raids ?? [])
            yield return $"raid {raid.Name,-10} {raid.Level}, {(raid.Degraded > 0 ? screen.Bad($"{raid.Degraded} of {raid.Disks} missing") : screen.Good("whole"))}, {raid.State}{(raid.SyncAction is null or "idle" ? "" : $", {raid.SyncAction}")}";
        foreach (var mount in sweep.Mounts ?? [])
        {
            var full = mount is { SizeBytes: > 0, FreeBytes: { } free } && free < FullAt * mount.SizeBytes;
            var room = $"{Size(mount.FreeBytes)} of {Size(mount.SizeBytes)} free";
            yield return $"file system {mount.Point}: {(full ? screen.Bad(room) : room)}, {mount.FileSystem}{(mount.ReadOnly ? screen.Warn(", read-only") : "")}";
        }
    }

    private static string Size(long? bytes) => bytes switch
    {
        null => Text.Absent,
        >= 1_000_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e12:0.00} TB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB"),
    };
}
