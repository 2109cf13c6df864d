namespace Appliance.Health;

/// <summary>
/// The alarms of GPUs, fabric, RDMA, disks, host and service: one code per thing a person does about it; which error it was stands in the
/// alarm's text.
/// </summary>
public static partial class BoardAlarms
{
    public const string GpuResetNeeded = "gpu_reset_needed";
    public const string GpuResetDue = "gpu_reset_due";
    public const string RebootNeeded = "reboot_needed";
    public const string GpuFailing = "gpu_failing";
    public const string GpuSuspect = "gpu_suspect";
    public const string GpuPowerFeed = "gpu_power_feed";
    public const string GpuSettingsDiffer = "gpu_settings_differ";
    public const string PcieDegraded = "pcie_degraded";
    public const string NvlinkFault = "nvlink_fault";
    public const string FabricDown = "fabric_down";
    public const string RdmaPortDown = "rdma_port_down";
    public const string RdmaPortErrors = "rdma_port_errors";
    public const string DiskFailing = "disk_failing";
    public const string DiskFull = "disk_full";
    public const string RaidDegraded = "raid_degraded";
    public const string FilesystemDamaged = "filesystem_damaged";
    public const string HostMemoryErrors = "host_memory_errors";
    public const string ClockNoSource = "clock_no_source";
    public const string ClockOffsetHigh = "clock_offset_high";
    public const string GpuMemoryHigh = "gpu_memory_high";
    public const string LatencyHigh = "latency_high";
    public const string AvailabilityLow = "availability_low";
    public const string HttpErrorsHigh = "http_errors_high";
    public const string NodeLatencyHigh = "node_latency_high";
}
