using Appliance.Model;

namespace Appliance.Daemon.Metrics;

/// <summary>Clock, disks and host as <c>appliance_*</c>.</summary>
internal static class HostMetrics
{
    private const double Mib = 1024 * 1024;

    public static void Write(PrometheusText page, BoxHealth health)
    {
        page.Gauge("appliance_clock_synchronised", "1 while the kernel calls its clock disciplined.", Flag(health.Clock?.Synchronised));
        page.Gauge("appliance_clock_offset_seconds", "What the kernel still has to slew away.", health.Clock?.OffsetUs / 1e6);
        page.Gauge("appliance_clock_max_error_seconds", "The kernel's bound on its clock's error.", health.Clock?.MaxErrorUs / 1e6);
        page.Gauge("appliance_host_memory_available_bytes", "Memory the host can still give.", health.Host?.MemoryAvailableMib * Mib);
        page.Gauge("appliance_host_memory_size_bytes", "Memory of the host.", health.Host?.MemoryTotalMib * Mib);
        page.Counter("appliance_host_memory_corrected_errors_total", "Corrected errors of the host's DIMMs.", health.Host?.DimmCorrected);
        page.Counter("appliance_host_memory_uncorrected_errors_total", "Uncorrected errors of the host's DIMMs.", health.Host?.DimmUncorrected);
        Disks(page, health.Disks ?? []);
        Mounts(page, health.Mounts ?? []);
        page.Gauge("appliance_raid_missing_disks", "Members a RAID has lost.");
        foreach (var raid in health.Raids ?? [])
            page.Sample(raid.Degraded, ("raid", raid.Name));
    }

    private static void Disks(PrometheusText page, IReadOnlyList<DiskHealth> disks)
    {
        page.Gauge("appliance_disk_wear_ratio", "Endurance used, 1 at the vendor's promise.");
        foreach (var disk in disks)
            page.Sample(disk.Smart?.PercentageUsed / 100.0, ("disk", disk.Name), ("model", disk.Model));
        page.Counter("appliance_disk_media_errors_total", "Data the disk could not read back.");
        foreach (var disk in disks)
            page.Sample(disk.Smart?.MediaErrors, ("disk", disk.Name));
        page.Gauge("appliance_disk_temperature_celsius", "Temperature of the disk.");
        foreach (var disk in disks)
            page.Sample(disk.Smart?.TemperatureC ?? disk.TemperatureC, ("disk", disk.Name));
    }

    private static void Mounts(PrometheusText page, IReadOnlyList<MountHealth> mounts)
    {
        page.Gauge("appliance_filesystem_free_bytes", "Free space for those who are not root.");
        foreach (var mount in mounts)
            page.Sample(mount.FreeBytes, ("mountpoint", mount.Point));
        page.Gauge("appliance_filesystem_size_bytes", "Size of the file system.");
        foreach (var mount in mounts)
            page.Sample(mount.SizeBytes, ("mountpoint", mount.Point));
        page.Gauge("appliance_filesystem_read_only", "1 while it cannot be written.");
        foreach (var mount in mounts)
            page.Sample(mount.ReadOnly ? 1 : 0, ("mountpoint", mount.Point));
    }

    private static double? Flag(bool? value) => value is { } set ? set ? 1 : 0 : null;
}
