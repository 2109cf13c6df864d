using Appliance.Health.Board;
using Appliance.Health.KernelLog;
using static Appliance.Model.Severity;

namespace Appliance.Health;

/// <summary>
/// The alarms of GPUs, fabric, RDMA, disks, host and service: one code per thing a person does about it; which error it was stands in the
/// alarm's text.
/// </summary>
public static class BoardAlarms
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

    /// <summary>In the order of the parts: GPUs, fabric, network, storage, host, service.</summary>
    public static IReadOnlyList<AlarmKind> All { get; } =
    [
        new(GpuResetNeeded, "GPU must be reset", "GPU 需要复位", Critical, "gpu",
            "The GPU had an error that only a reset mends; what runs on it may fail or be wrong.",
            "Stop what uses the GPU, then `nvidia-smi --gpu-reset -i N`; if it comes again, call support.")
        { Action = FaultAction.ResetGpu, ClearAfter = Seconds(30), DependsOn = [AlarmCatalogue.GpuLost, RebootNeeded] },
        new(GpuResetDue, "GPU wants a reset when idle", "GPU 空闲时需要复位", Warning, "gpu",
            "Memory was repaired or had an uncorrectable error; the repair takes effect with the next reset.",
            "Reset the GPU when nothing runs on it: `nvidia-smi --gpu-reset -i N`.")
        { Action = FaultAction.ResetGpu, ClearAfter = Seconds(30), DependsOn = [AlarmCatalogue.GpuLost, RebootNeeded, GpuResetNeeded] },
        new(RebootNeeded, "Box must be rebooted", "机器需要重启", Critical, "gpu",
            "The driver says that only a restart of the machine brings the part back.",
            "Drain the box and reboot it; if it comes again, power-cycle it and call support.")
        { Action = FaultAction.RestartBareMetal, ClearAfter = Seconds(30), DependsOn = [AlarmCatalogue.GpuLost] },
        new(GpuFailing, "GPU must be replaced", "GPU 需要更换", Critical, "gpu",
            "The GPU has used up what it can repair, or fails again and again.",
            "Take it out of use, run the field diagnostics and call support with the alarm's text.")
        { Action = FaultAction.ReplacePart, ClearAfter = Seconds(60), DependsOn = [AlarmCatalogue.GpuLost] },
        new(GpuSuspect, "GPU suspect", "GPU 可疑", Warning, "gpu",
            "The GPU shows what healthy ones do not: repeated exceptions on one core, many corrected errors, less work per watt than before.",
            "When nothing runs on it, run `dcgmi diag -r 3 -i N`; replace it if that fails.")
        { Action = FaultAction.RunDiagnostics, RaiseAfter = Seconds(5), ClearAfter = Seconds(600), KnownAfter = AlarmKind.AfterWatching(BoardRules.ErrorWindow, BoardRules.DriftWindow),
          DependsOn = [AlarmCatalogue.GpuLost, GpuFailing, GpuResetNeeded] },
        new(GpuPowerFeed, "GPU power feed", "GPU 供电异常", Critical, "gpu",
            "The GPU runs slower because its power supply pulls the brake or an input is missing.",
            "Check power supplies and the baseboard's power connectors.")
        { Action = FaultAction.CheckMechanicals, RaiseAfter = Seconds(3), ClearAfter = Seconds(60), KnownAfter = AlarmKind.AfterWatching(BoardRules.ShareWindow),
          DependsOn = [AlarmCatalogue.GpuLost] },
        new(GpuSettingsDiffer, "GPU set up differently", "GPU 设置不一致", Warning, "gpu",
            "Firmware or a setting of this part is not what the others have or what the box needs.",
            "Set it as the text says; update firmware of all parts together.")
        { Action = FaultAction.SetConfiguration, RaiseAfter = Seconds(60), ClearAfter = Seconds(30), KnownAfter = AlarmKind.AfterWatching(BoardRules.Minute),
          DependsOn = [AlarmCatalogue.GpuLost, AlarmCatalogue.GpuUnreadable] },
        new(PcieDegraded, "PCIe link degraded", "PCIe 链路降级", Warning, "pcie",
            "The PCIe link runs slower or narrower than both ends can, or has errors.",
            "Power off and check the seating of the board and its risers; if it stays, replace the part.")
        { Action = FaultAction.CheckMechanicals, RaiseAfter = Seconds(2), ClearAfter = Seconds(60), KnownAfter = AlarmKind.AfterWatching(BoardRules.Hour),
          DependsOn = [AlarmCatalogue.GpuLost] },

        new(NvlinkFault, "NVLink or NVSwitch error", "NVLink 或 NVSwitch 错误", Critical, "nvlink",
            "A link between GPU and NVSwitch is down or has errors; work over several GPUs fails or slows down.",
            "Reset the GPU; if the same link fails again, check the seating of the GPU and call support.")
        { Action = FaultAction.ResetGpu, RaiseAfter = Seconds(2), ClearAfter = Seconds(60), KnownAfter = AlarmKind.AfterWatching(BoardRules.Hour),
          DependsOn = [AlarmCatalogue.GpuLost, FabricDown, RebootNeeded] },
        new(FabricDown, "NVLink fabric not up", "NVLink 互连未就绪", Critical, "fabric",
            "The NVLink fabric or its Fabric Manager does not work: GPUs cannot reach each other, programs over several GPUs cannot start.",
            "Run `systemctl restart nvidia-fabricmanager`, then read its log; reboot if the fabric does not complete.")
        { Action = FaultAction.RestartFabricManager, RaiseAfter = Seconds(5), ClearAfter = Seconds(10), KnownAfter = AlarmKind.AfterWatching(BoardRules.InProgressGrace) },

        new(RdmaPortDown, "RDMA port down", "RDMA 端口断开", Critical, "rdma",
            "A port that was in use has no link: traffic between machines loses that rail.",
            "Check cable and transceiver at both ends, then the switch port.")
        { Action = FaultAction.CheckCable, RaiseAfter = Seconds(5), ClearAfter = Seconds(30), KnownAfter = AlarmKind.AfterWatching(BoardRules.BootGrace) },
        new(RdmaPortErrors, "RDMA port errors", "RDMA 端口错误", Warning, "rdma",
            "A port works with errors or below its usual rate; traffic between machines slows down.",
            "Clean and reseat cable and transceiver; replace them if the errors go on.")
        { Action = FaultAction.CheckCable, RaiseAfter = Seconds(5), ClearAfter = Seconds(300), KnownAfter = AlarmKind.AfterWatching(BoardRules.Hour),
          DependsOn = [RdmaPortDown] },

        new(DiskFailing, "Disk failing", "磁盘故障", Critical, "disk",
            "The disk reports errors, is worn out or does not answer.",
            "Copy what is only there, then replace the disk.")
        { Action = FaultAction.ReplacePart, ClearAfter = Seconds(300), KnownAfter = AlarmKind.AfterWatching(BoardRules.Hour) },
        new(RaidDegraded, "RAID without redundancy", "RAID 降级", Warning, "disk",
            "A member of the RAID is missing; the next disk that fails loses data.",
            "Replace the disk that the text names and add it to the RAID; watch `/proc/mdstat`.")
        { Action = FaultAction.ReplacePart, RaiseAfter = Seconds(10), ClearAfter = Seconds(60) },
        new(DiskFull, "Disk nearly full", "磁盘空间不足", Warning, "disk",
            "A file system has little room left; models, logs and events need it.",
            "Remove what is not needed, old models and logs first.")
        { Action = FaultAction.SetConfiguration, RaiseAfter = Seconds(60), ClearAfter = Seconds(60) },
        new(FilesystemDamaged, "File system damaged", "文件系统损坏", Critical, "disk",
            "The kernel found the file system inconsistent or made it read-only.",
            "Drain the box, check the file system from a rescue boot, and look at its disk.")
        { Action = FaultAction.CheckFilesystem, ClearAfter = Seconds(60), DependsOn = [DiskFailing] },

        new(HostMemoryErrors, "Host memory errors", "主机内存错误", Critical, "host",
            "The host's memory or processor reports hardware errors.",
            "Find the DIMM that the text names and replace it.")
        { Action = FaultAction.ReplacePart, ClearAfter = Seconds(300), KnownAfter = AlarmKind.AfterWatching(BoardRules.Day) },
        new(ClockNoSource, "Clock without a source", "时钟无同步源", Warning, "host",
            "Nothing disciplines the system clock; stamps of this box drift from the others'.",
            "Start chrony (or ptp4l) and check that it reaches its servers.")
        { Action = FaultAction.SetConfiguration, RaiseAfter = Seconds(300), ClearAfter = Seconds(30) },
        new(ClockOffsetHigh, "Clock off", "时钟偏差过大", Warning, "host",
            "The system clock is further from its source than agreed.",
            "See `chronyc tracking`: the source, the network to it, or a clock that was stepped.")
        { Action = FaultAction.SetConfiguration, RaiseAfter = Seconds(60), ClearAfter = Seconds(60), DependsOn = [ClockNoSource] },

        new(GpuMemoryHigh, "GPU memory nearly full", "GPU 显存接近用满", Warning, "service",
            "GPU memory has been nearly full for minutes, free cache blocks of the engine counted as free.",
            "Lower the number of running requests or the context length, or serve a smaller model.")
        { Action = FaultAction.SetConfiguration, RaiseAfter = Seconds(300), ClearAfter = Seconds(60), DependsOn = [AlarmCatalogue.GpuLost] },
        new(LatencyHigh, "Answers slow", "响应延迟过高", Warning, "service",
            "Of a hundred tokens or answers the slowest takes longer than agreed.",
            "See load and GPU alarms: too many requests, withheld power or a slow GPU.")
        { Action = FaultAction.RestartApp, RaiseAfter = Seconds(60), ClearAfter = Seconds(120), KnownAfter = AlarmKind.AfterWatching(BoardRules.ServiceWindow),
          DependsOn = [AlarmCatalogue.InferenceFailed] },
        new(AvailabilityLow, "Availability below target", "可用性低于目标", Warning, "service",
            "Fewer requests were answered than agreed.",
            "Read the engine's log and the other alarms; see whether requests are refused or fail.")
        { Action = FaultAction.RestartApp, RaiseAfter = Seconds(30), ClearAfter = Seconds(300), KnownAfter = AlarmKind.AfterWatching(BoardRules.ServiceWindow),
          DependsOn = [AlarmCatalogue.InferenceFailed] },
        new(HttpErrorsHigh, "Too many server errors", "服务器错误过多", Warning, "service",
            "More requests than agreed end with an error of the server (HTTP 5xx).",
            "Read the engine's log; 503 means more load than the box takes.")
        { Action = FaultAction.RestartApp, RaiseAfter = Seconds(30), ClearAfter = Seconds(300), KnownAfter = AlarmKind.AfterWatching(BoardRules.ServiceWindow),
          DependsOn = [AlarmCatalogue.InferenceFailed, AvailabilityLow] },
        new(NodeLatencyHigh, "Node far away", "节点间延迟过高", Warning, "rdma",
            "The round trip to another node takes longer than agreed.",
            "Check the rail's cables and switches; compare the ports with each other.")
        { Action = FaultAction.CheckCable, RaiseAfter = Seconds(30), ClearAfter = Seconds(60), DependsOn = [RdmaPortDown] },
    ];

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
