using System.Text.RegularExpressions;
using static Appliance.Health.KernelLog.FaultAction;
using static Appliance.Health.KernelLog.FaultSeverity;

namespace Appliance.Health.KernelLog;

/// <summary>
/// What the kernel says about parts of the box besides XIDs, as Linux 5.15 to 6.8 and mlx5_core write it. The first row that matches
/// decides, so a special case stands above the general one.
/// </summary>
public static partial class HostPatterns
{
    public static IReadOnlyList<HostPattern> All { get; } =
    [
        new("gpu_off_bus", "fallen off the bus", OffBus(), Fatal, "pcie", RestartBareMetal, AlarmCatalogue.GpuLost,
            "The GPU does not answer on PCIe any more; the driver says so without an XID."),
        new("gpu_probe_failed", "NVIDIA probe routine failed", ProbeFailed(), Fatal, "pcie", RestartBareMetal, BoardAlarms.RebootNeeded,
            "The driver could not take a GPU that is there."),
        new("gpu_init_failed", "RmInitAdapter failed", InitFailed(), Fatal, "gpu", ResetGpu, BoardAlarms.GpuResetNeeded,
            "The driver could not start the GPU."),
        new("peermem_context", "nvidia-peermem", Peermem(), Degraded, "driver", RestartApp, null,
            "GPUDirect RDMA met a context that is gone; the program that used it must be started again."),

        new("mlx5_command_leak", "Will cause a leak of a command resource", Mlx5CommandLeak(), Fatal, "rdma", RestartBareMetal, BoardAlarms.RdmaPortDown,
            "The adapter's firmware does not answer commands any more."),
        new("mlx5_health", "health compromised", Mlx5Health(), Fatal, "rdma", RestartBareMetal, BoardAlarms.RdmaPortDown,
            "The adapter's firmware has stopped counting: it hangs."),
        new("mlx5_unrecoverable", "unrecoverable hardware error", Mlx5Unrecoverable(), Fatal, "rdma", ReplacePart, BoardAlarms.RdmaPortDown,
            "The adapter says that its hardware is broken."),
        new("mlx5_slot_power", "insufficient power on the PCIe slot", Mlx5SlotPower(), Degraded, "rdma", CheckMechanicals, BoardAlarms.RdmaPortErrors,
            "The slot gives the adapter less power than it needs."),
        new("mlx5_module_hot", "High Temperature", Mlx5ModuleHot(), Degraded, "rdma", CheckCooling, BoardAlarms.RdmaPortErrors,
            "The transceiver is too hot and may switch itself off."),
        new("mlx5_cable_out", "Cable unplugged", Mlx5CableOut(), Degraded, "rdma", CheckCable, BoardAlarms.RdmaPortDown,
            "The cable or transceiver was taken out."),
        new("mlx5_register", "ACCESS_REG", Mlx5Register(), Degraded, "rdma", ContactSupport, null,
            "The adapter's firmware refused a register access; a single one means nothing."),
        new("transmit_timeout", "NETDEV WATCHDOG", TransmitTimeout(), Degraded, "rdma", CheckCable, BoardAlarms.RdmaPortErrors,
            "A transmit queue stands still."),

        new("pcie_fatal", "severity=Uncorrect", AerFatal(), Fatal, "pcie", CheckMechanicals, BoardAlarms.PcieDegraded,
            "An uncorrectable PCIe error that broke the link."),
        new("pcie_nonfatal", "severity=Uncorrect", AerNonFatal(), Degraded, "pcie", CheckMechanicals, BoardAlarms.PcieDegraded,
            "An uncorrectable PCIe error that lost a transaction."),
        new("pcie_containment", "containment event", Containment(), Fatal, "pcie", CheckMechanicals, BoardAlarms.PcieDegraded,
            "The port shut its link to contain a PCIe error."),
        new("pcie_corrected", "severity=Correct", AerCorrected(), Information, "pcie", Ignore, null,
            "A PCIe error that the link mended itself; only many of them count."),
        new("pcie_announced", "AER:", AerAnnounced(), Information, "pcie", Ignore, null,
            "Announces a PCIe error whose lines follow."),

        new("nvme_gone", "Removing after probe failure", NvmeGone(), Fatal, "disk", ReplacePart, BoardAlarms.DiskFailing,
            "The disk did not come back from a reset and was removed."),
        new("nvme_not_ready", "Device not ready", NvmeNotReady(), Fatal, "disk", ReplacePart, BoardAlarms.DiskFailing,
            "The disk does not come back from a reset."),
        new("nvme_down", "controller is down", NvmeDown(), Fatal, "disk", ReplacePart, BoardAlarms.DiskFailing,
            "The disk's controller stopped answering."),
        new("nvme_timeout", "timeout, ", NvmeTimeout(), Degraded, "disk", ReplacePart, BoardAlarms.DiskFailing,
            "The disk did not answer a command in time."),
        new("disk_medium", "medium error", Medium(), Degraded, "disk", ReplacePart, BoardAlarms.DiskFailing,
            "The disk could not read what was written."),
        new("disk_error", "I/O error, dev", DiskError(), Degraded, "disk", ReplacePart, BoardAlarms.DiskFailing,
            "A command to the disk ended in an error."),
        new("raid_member", "Disk failure on", RaidMember(), Degraded, "raid", ReplacePart, BoardAlarms.RaidDegraded,
            "The RAID has put a member out."),
        new("raid_read", "read error not correctable", RaidRead(), Degraded, "raid", ReplacePart, BoardAlarms.RaidDegraded,
            "A RAID member gave a sector that could not be rebuilt."),

        new("ext4_readonly", "Remounting filesystem read-only", Ext4ReadOnly(), Fatal, "filesystem", CheckFilesystem, BoardAlarms.FilesystemDamaged,
            "The file system protects itself by refusing writes."),
        new("ext4_error", "EXT4-fs error", Ext4Error(), Degraded, "filesystem", CheckFilesystem, BoardAlarms.FilesystemDamaged,
            "The file system found itself inconsistent."),
        new("xfs_shutdown", "XFS (", Xfs(), Fatal, "filesystem", CheckFilesystem, BoardAlarms.FilesystemDamaged,
            "The file system found itself damaged."),
        new("btrfs_error", "BTRFS error", Btrfs(), Degraded, "filesystem", CheckFilesystem, BoardAlarms.FilesystemDamaged,
            "The file system found itself damaged."),

        new("edac_uncorrected", "EDAC ", EdacUncorrected(), Fatal, "host memory", ReplacePart, BoardAlarms.HostMemoryErrors,
            "A DIMM lost data."),
        new("edac_corrected", "EDAC ", EdacCorrected(), Information, "host memory", Ignore, null,
            "A DIMM error that was corrected; only many of them count."),
        new("memory_failure", "Memory failure:", MemoryFailure(), Degraded, "host memory", ReplacePart, BoardAlarms.HostMemoryErrors,
            "The kernel took a page out of use after an uncorrectable memory error."),
        new("machine_check_fatal", "[Hardware Error]", MachineCheckFatal(), Fatal, "host cpu", ContactSupport, BoardAlarms.HostMemoryErrors,
            "The processor or its memory reports an uncorrectable error."),
        new("machine_check", "[Hardware Error]: Machine check events logged", MachineCheck(), Information, "host cpu", Ignore, null,
            "Corrected errors were logged; the counters tell how many."),

        new("hung_task", "blocked for more than", HungTask(), Degraded, "driver", ContactSupport, null,
            "A process waits for a driver that does not answer."),
        new("out_of_memory", "Out of memory: Killed process", OutOfMemory(), Application, "application", RestartApp, null,
            "The host ran out of memory and the kernel killed a process."),
    ];

    private const string Bdf = @"[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}(?:\.[0-9a-fA-F])?";

    [GeneratedRegex(@"NVRM: (?:.*?GPU (?:at )?(?:PCI:)?(?<gpu>" + Bdf + @"))?.*fallen off the bus")]
    private static partial Regex OffBus();

    [GeneratedRegex(@"NVRM: The NVIDIA probe routine failed for (?<part>\d+) device")]
    private static partial Regex ProbeFailed();

    [GeneratedRegex(@"NVRM: GPU (?<gpu>" + Bdf + @"): RmInitAdapter failed")]
    private static partial Regex InitFailed();

    [GeneratedRegex(@"nvidia-peermem .*invalid context")]
    private static partial Regex Peermem();

    [GeneratedRegex(@"mlx5_core (?<part>" + Bdf + @").*timeout.*Will cause a leak of a command resource")]
    private static partial Regex Mlx5CommandLeak();

    [GeneratedRegex(@"mlx5_core (?<part>" + Bdf + @").*health compromised.*reached miss count")]
    private static partial Regex Mlx5Health();

    [GeneratedRegex(@"mlx5_core (?<part>" + Bdf + @").*unrecoverable hardware error", RegexOptions.IgnoreCase)]
    private static partial Regex Mlx5Unrecoverable();

    [GeneratedRegex(@"mlx5_core (?<part>" + Bdf + @").*Detected insufficient power on the PCIe slot")]
    private static partial Regex Mlx5SlotPower();

    [GeneratedRegex(@"mlx5_core (?<part>" + Bdf + @").*Port module event.*High Temperature", RegexOptions.IgnoreCase)]
    private static partial Regex Mlx5ModuleHot();

    [GeneratedRegex(@"mlx5_core (?<part>" + Bdf + @").*Cable unplugged", RegexOptions.IgnoreCase)]
    private static partial Regex Mlx5CableOut();

    [GeneratedRegex(@"mlx5_core (?<part>" + Bdf + @").*ACCESS_REG.*failed")]
    private static partial Regex Mlx5Register();

    [GeneratedRegex(@"NETDEV WATCHDOG: (?<part>[^ :]+).*transmit queue")]
    private static partial Regex TransmitTimeout();

    [GeneratedRegex(@"(?<part>" + Bdf + @"): .*severity=Uncorrect(?:ed|able) \(Fatal\)")]
    private static partial Regex AerFatal();

    [GeneratedRegex(@"(?<part>" + Bdf + @"): .*severity=Uncorrect(?:ed|able) \(Non-Fatal\)")]
    private static partial Regex AerNonFatal();

    [GeneratedRegex(@"(?<part>" + Bdf + @"): DPC: containment event", RegexOptions.IgnoreCase)]
    private static partial Regex Containment();

    [GeneratedRegex(@"(?<part>" + Bdf + @"): .*severity=Correct(?:ed|able)")]
    private static partial Regex AerCorrected();

    [GeneratedRegex(@"(?<part>" + Bdf + @"): AER: (?:Multiple )?(?:Corrected|Uncorrected|Uncorrectable|Correctable).*(?:error|errors|message) received")]
    private static partial Regex AerAnnounced();

    [GeneratedRegex(@"nvme (?<part>nvme\d+): Removing after probe failure")]
    private static partial Regex NvmeGone();

    [GeneratedRegex(@"nvme (?<part>nvme\d+): Device not ready")]
    private static partial Regex NvmeNotReady();

    [GeneratedRegex(@"nvme (?<part>nvme\d+): controller is down")]
    private static partial Regex NvmeDown();

    [GeneratedRegex(@"nvme (?<part>nvme\d+): I/O .*timeout, ")]
    private static partial Regex NvmeTimeout();

    [GeneratedRegex(@"critical medium error, dev (?<part>[a-z0-9]+)")]
    private static partial Regex Medium();

    [GeneratedRegex(@"I/O error, dev (?<part>(?!loop|sr|fd)[a-z0-9]+)")]
    private static partial Regex DiskError();

    [GeneratedRegex(@"md/raid[^:]*:(?<part>md[0-9a-z_]+): Disk failure on")]
    private static partial Regex RaidMember();

    [GeneratedRegex(@"md/raid[^:]*:(?<part>md[0-9a-z_]+): read error not correctable")]
    private static partial Regex RaidRead();

    [GeneratedRegex(@"EXT4-fs \((?<part>[^)]+)\): Remounting filesystem read-only")]
    private static partial Regex Ext4ReadOnly();

    [GeneratedRegex(@"EXT4-fs error \(device (?<part>[^)]+)\)")]
    private static partial Regex Ext4Error();

    [GeneratedRegex(@"XFS \((?<part>[^)]+)\): (?:.*(?:Corruption|corruption|has been shut down|[Ff]orce[d]? shutdown|Shutting down filesystem|metadata I/O error))")]
    private static partial Regex Xfs();

    [GeneratedRegex(@"BTRFS error \(device (?<part>[^): ]+)")]
    private static partial Regex Btrfs();

    [GeneratedRegex(@"EDAC (?<part>MC\d+): \d+ UE ")]
    private static partial Regex EdacUncorrected();

    [GeneratedRegex(@"EDAC (?<part>MC\d+): \d+ CE ")]
    private static partial Regex EdacCorrected();

    [GeneratedRegex(@"Memory failure: (?<part>0x[0-9a-f]+): recovery action")]
    private static partial Regex MemoryFailure();

    [GeneratedRegex(@"\[Hardware Error\]: (?:CPU (?<part>\d+): Machine Check(?: Exception)?: [0-9a-f]* ?Bank|.*event severity: (?:fatal|recoverable)|.*Processor context corrupt|.*Fatal machine check)")]
    private static partial Regex MachineCheckFatal();

    [GeneratedRegex(@"\[Hardware Error\]: Machine check events logged")]
    private static partial Regex MachineCheck();

    [GeneratedRegex(@"INFO: task (?<part>[^ ]+) blocked for more than \d+ seconds")]
    private static partial Regex HungTask();

    [GeneratedRegex(@"Out of memory: Killed process \d+ \((?<part>[^)]+)\)")]
    private static partial Regex OutOfMemory();
}
