using System.Collections.Frozen;
using static Appliance.Health.KernelLog.FaultSeverity;

namespace Appliance.Health.KernelLog;

/// <summary>
/// NVIDIA's XID catalogue, the rows that apply to an H100, a line each. Buckets are verbatim: what a person finds here is what he finds in
/// NVIDIA's table. What is not here is known by name at most (<see cref="Elsewhere"/>) and is reported without being acted on.
/// </summary>
public static class XidCatalogue
{
    public const string Workflow13 = "WORKFLOW_XID_13";
    public const string Workflow31 = "WORKFLOW_XID_31";
    public const string Workflow45 = "WORKFLOW_XID_45";
    public const string Workflow48 = "WORKFLOW_XID_48";
    public const string WorkflowNvlink = "WORKFLOW_NVLINK_ERR";
    public const string Workflow154 = "XID_154";

    private const string RestartApp = FaultAction.RestartApp;
    private const string Ignore = FaultAction.Ignore;
    private const string ResetGpu = FaultAction.ResetGpu;
    private const string Support = FaultAction.ContactSupport;
    private const string CheckApp = "CHECK_APP/CUDA";
    private const string Software = "INVESTIGATE_SW";

    /// <summary>In the order of their codes.</summary>
    public static IReadOnlyList<XidKind> All { get; } =
    [
        new(8, "ROBUST_CHANNEL_FIFO_ERROR_IDLE_TIMEOUT", RestartApp, Support, Application, "application", "FIFO idle timeout", "FIFO 空闲超时"),
        new(11, "ROBUST_CHANNEL_GR_ERROR_MISSING_HW", RestartApp, CheckApp, Application, "application", "Missing hardware method", "缺少硬件方法"),
        new(13, "ROBUST_CHANNEL_GR_EXCEPTION", RestartApp, Workflow13, Application, "application", "Graphics engine exception", "图形引擎异常"),
        new(14, "ROBUST_CHANNEL_FAKE_ERROR", Ignore, Support, Information, "application", "Injected test error", "注入的测试错误"),
        new(25, "ROBUST_CHANNEL_GR_ILLEGAL_NOTIFY", RestartApp, CheckApp, Application, "application", "Illegal notify", "非法通知"),
        new(31, "ROBUST_CHANNEL_FIFO_ERROR_MMU_ERR_FLT", RestartApp, Workflow31, Application, "application", "GPU memory page fault", "GPU 内存缺页"),
        new(32, "ROBUST_CHANNEL_PBDMA_ERROR", RestartApp, CheckApp, Application, "application", "Push buffer error", "推送缓冲区错误"),
        new(37, "ROBUST_CHANNEL_FECS_ERR_UNIMP_FIRMWARE_METHOD", Ignore, CheckApp, Degraded, "driver", "Unimplemented firmware method", "未实现的固件方法"),
        new(38, "ROBUST_CHANNEL_FECS_ERR_WATCHDOG_TIMEOUT", Ignore, Support, Degraded, "driver", "FECS watchdog timeout", "FECS 看门狗超时"),
        new(39, "ROBUST_CHANNEL_CE0_ERROR", RestartApp, Support, Application, "application", "Copy engine 0 error", "复制引擎 0 错误"),
        new(40, "ROBUST_CHANNEL_CE1_ERROR", RestartApp, Support, Application, "application", "Copy engine 1 error", "复制引擎 1 错误"),
        new(41, "ROBUST_CHANNEL_CE2_ERROR", RestartApp, Support, Application, "application", "Copy engine 2 error", "复制引擎 2 错误"),
        new(43, "ROBUST_CHANNEL_RESETCHANNEL_VERIF_ERROR", Ignore, Support, Application, "application", "GPU stopped processing a channel", "GPU 停止处理通道"),
        new(44, "ROBUST_CHANNEL_GR_FAULT_DURING_CTXSW", Ignore, Support, Degraded, "driver", "Fault during context switch", "上下文切换时出错"),
        new(45, "ROBUST_CHANNEL_PREEMPTIVE_REMOVAL", Workflow45, Workflow45, Information, "application", "Channels removed preemptively", "通道被预先清除"),
        new(46, "ROBUST_CHANNEL_GPU_TIMEOUT_ERROR", ResetGpu, Support, Fatal, "gpu", "GPU timeout", "GPU 超时"),
        new(48, "ROBUST_CHANNEL_GPU_ECC_DBE", Workflow48, Workflow48, Fatal, "memory", "Uncorrectable ECC error", "不可纠正的 ECC 错误"),
        new(54, "SILENT_RUNNING_PWR_REDUCED_CLOCKING", "CHECK_MECHANICALS", Support, Fatal, "power", "Auxiliary power missing, clocks reduced", "辅助供电缺失，已降频"),
        new(60, "ROBUST_CHANNEL_SEC2_ERROR", RestartApp, Software, Application, "application", "SEC2 error", "SEC2 错误"),
        new(62, "PMU_HALT_ERROR", ResetGpu, Support, Fatal, "firmware", "Power management unit halted", "电源管理单元停止"),
        new(63, "INFOROM_DRAM_RETIREMENT_EVENT", Ignore, Ignore, Information, "memory", "Row remap recorded", "已记录行重映射"),
        new(64, "INFOROM_DRAM_RETIREMENT_FAILURE", ResetGpu, Support, Fatal, "memory", "Row remap failed", "行重映射失败"),
        new(66, "ROBUST_CHANNEL_FECS_ERR_REG_ACCESS_VIOLATION", Ignore, Software, Degraded, "driver", "Register access violation", "寄存器访问违规"),
        new(67, "ROBUST_CHANNEL_FECS_ERR_VERIF_VIOLATION", Ignore, Support, Degraded, "driver", "FECS verification violation", "FECS 校验违规"),
        new(68, "ROBUST_CHANNEL_NVDEC0_ERROR", RestartApp, Support, Application, "application", "Video decoder 0 error", "视频解码器 0 错误"),
        new(69, "ROBUST_CHANNEL_GR_CLASS_ERROR", RestartApp, CheckApp, Application, "application", "Graphics class error", "图形类错误"),
        new(70, "ROBUST_CHANNEL_CE3_ERROR", RestartApp, Support, Application, "application", "Copy engine 3 error", "复制引擎 3 错误"),
        new(71, "ROBUST_CHANNEL_CE4_ERROR", RestartApp, Support, Application, "application", "Copy engine 4 error", "复制引擎 4 错误"),
        new(72, "ROBUST_CHANNEL_CE5_ERROR", RestartApp, Support, Application, "application", "Copy engine 5 error", "复制引擎 5 错误"),
        new(74, "NVLINK_ERROR", WorkflowNvlink, Support, Fatal, "nvlink", "NVLink error", "NVLink 错误"),
        new(75, "ROBUST_CHANNEL_CE6_ERROR", RestartApp, Support, Application, "application", "Copy engine 6 error", "复制引擎 6 错误"),
        new(76, "ROBUST_CHANNEL_CE7_ERROR", RestartApp, Support, Application, "application", "Copy engine 7 error", "复制引擎 7 错误"),
        new(77, "ROBUST_CHANNEL_CE8_ERROR", RestartApp, Support, Application, "application", "Copy engine 8 error", "复制引擎 8 错误"),
        new(78, "VGPU_START_ERROR", "UPDATE_SWFW", "UPDATE_SWFW", Information, "driver", "vGPU could not start", "vGPU 无法启动"),
        new(79, "ROBUST_CHANNEL_GPU_HAS_FALLEN_OFF_THE_BUS", "RESTART_BM", Support, Fatal, "pcie", "GPU has fallen off the bus", "GPU 掉出总线"),
        new(80, "PBDMA_PUSHBUFFER_CRC_MISMATCH", RestartApp, CheckApp, Application, "application", "Push buffer CRC mismatch", "推送缓冲区 CRC 不符"),
        new(82, "ROBUST_CHANNEL_NVJPG0_ERROR", RestartApp, Support, Application, "application", "JPEG engine 0 error", "JPEG 引擎 0 错误"),
        new(83, "ROBUST_CHANNEL_NVDEC1_ERROR", RestartApp, Support, Application, "application", "Video decoder 1 error", "视频解码器 1 错误"),
        new(84, "ROBUST_CHANNEL_NVDEC2_ERROR", RestartApp, Support, Application, "application", "Video decoder 2 error", "视频解码器 2 错误"),
        new(85, "ROBUST_CHANNEL_CE9_ERROR", RestartApp, Support, Application, "application", "Copy engine 9 error", "复制引擎 9 错误"),
        new(86, "ROBUST_CHANNEL_OFA0_ERROR", RestartApp, Support, Application, "application", "Optical flow engine error", "光流引擎错误"),
        new(88, "ROBUST_CHANNEL_NVDEC3_ERROR", RestartApp, Support, Application, "application", "Video decoder 3 error", "视频解码器 3 错误"),
        new(89, "ROBUST_CHANNEL_NVDEC4_ERROR", RestartApp, Support, Application, "application", "Video decoder 4 error", "视频解码器 4 错误"),
        new(92, "EXCESSIVE_SBE_INTERRUPTS", Ignore, Support, Degraded, "memory", "Many correctable ECC errors", "可纠正 ECC 错误过多"),
        new(94, "ROBUST_CHANNEL_CONTAINED_ERROR", RestartApp, "IGNORE (sympathetic)", Application, "memory", "Contained memory error", "已隔离的内存错误"),
        new(95, "ROBUST_CHANNEL_UNCONTAINED_ERROR", ResetGpu, "IGNORE (sympathetic)", Fatal, "memory", "Uncontained memory error", "未隔离的内存错误"),
        new(96, "ROBUST_CHANNEL_NVDEC5_ERROR", RestartApp, Support, Application, "application", "Video decoder 5 error", "视频解码器 5 错误"),
        new(97, "ROBUST_CHANNEL_NVDEC6_ERROR", RestartApp, Support, Application, "application", "Video decoder 6 error", "视频解码器 6 错误"),
        new(98, "ROBUST_CHANNEL_NVDEC7_ERROR", RestartApp, Support, Application, "application", "Video decoder 7 error", "视频解码器 7 错误"),
        new(99, "ROBUST_CHANNEL_NVJPG1_ERROR", RestartApp, Support, Application, "application", "JPEG engine 1 error", "JPEG 引擎 1 错误"),
        new(100, "ROBUST_CHANNEL_NVJPG2_ERROR", RestartApp, Support, Application, "application", "JPEG engine 2 error", "JPEG 引擎 2 错误"),
        new(101, "ROBUST_CHANNEL_NVJPG3_ERROR", RestartApp, Support, Application, "application", "JPEG engine 3 error", "JPEG 引擎 3 错误"),
        new(102, "ROBUST_CHANNEL_NVJPG4_ERROR", RestartApp, Support, Application, "application", "JPEG engine 4 error", "JPEG 引擎 4 错误"),
        new(103, "ROBUST_CHANNEL_NVJPG5_ERROR", RestartApp, Support, Application, "application", "JPEG engine 5 error", "JPEG 引擎 5 错误"),
        new(104, "ROBUST_CHANNEL_NVJPG6_ERROR", RestartApp, Support, Application, "application", "JPEG engine 6 error", "JPEG 引擎 6 错误"),
        new(105, "ROBUST_CHANNEL_NVJPG7_ERROR", RestartApp, Support, Application, "application", "JPEG engine 7 error", "JPEG 引擎 7 错误"),
        new(106, "SMBPBI_TEST_MESSAGE", Ignore, Ignore, Information, "firmware", "SMBPBI test message", "SMBPBI 测试消息"),
        new(107, "SMBPBI_TEST_MESSAGE_SILENT", Ignore, Ignore, Information, "firmware", "Silent SMBPBI test message", "SMBPBI 静默测试消息"),
        new(108, "NVLINK_REMOTE_TRANSLATION_ERROR", Ignore, "XID_137_FLOW", Application, "application", "Remote address not mapped over NVLink", "NVLink 远端地址未映射"),
        new(109, "ROBUST_CHANNEL_CTXSW_TIMEOUT_ERROR", ResetGpu, Support, Fatal, "gpu", "Context switch timeout", "上下文切换超时"),
        new(110, "SEC_FAULT_ERROR", ResetGpu, Software, Fatal, "firmware", "Security fault", "安全故障"),
        new(119, "GSP_RPC_TIMEOUT", ResetGpu, Software, Fatal, "firmware", "GSP does not answer", "GSP 无应答"),
        new(120, "GSP_ERROR", ResetGpu, Software, Fatal, "firmware", "GSP error", "GSP 错误"),
        new(136, "ALI_TRAINING_FAIL", ResetGpu, "INVESTIGATE_LINK_SI", Fatal, "nvlink", "NVLink training failed", "NVLink 训练失败"),
        new(137, "NVLINK_PRIV_ERR", Ignore, "XID_137_FLOW", Application, "application", "NVLink access without a mapping", "NVLink 访问无映射"),
        new(140, "UNRECOVERABLE_ECC_ERROR_ESCAPE", ResetGpu, Support, Fatal, "memory", "Unrecoverable ECC error escaped", "不可恢复的 ECC 错误外泄"),
        new(141, "ROBUST_CHANNEL_FAST_PATH_ERROR", Ignore, Support, Information, "driver", "Fast path error", "快速路径错误"),
        new(143, "GPU_INIT_ERROR", ResetGpu, Support, Fatal, "gpu", "GPU could not be initialised", "GPU 初始化失败"),
        new(151, "ROBUST_CHANNEL_KEY_ROTATION_ERROR", "RESTART_VM", Support, Degraded, "firmware", "Key rotation error", "密钥轮换错误"),
        new(154, "GPU_RECOVERY_ACTION_CHANGED", Workflow154, null, Information, "gpu", "Recovery action changed", "恢复动作改变"),
        new(156, "RESOURCE_RETIREMENT_EVENT", ResetGpu, Ignore, Fatal, "gpu", "Resource retired", "资源已退役"),
        new(157, "RESOURCE_RETIREMENT_FAILURE", Ignore, Support, Degraded, "gpu", "Resource could not be retired", "资源无法退役"),
        new(158, "GPU_FATAL_TIMEOUT", ResetGpu, Support, Fatal, "gpu", "GPU fatal timeout", "GPU 致命超时"),
        new(167, "PCIE_FATAL_TIMEOUT", null, null, Fatal, "pcie", "PCIe fatal timeout", "PCIe 致命超时"),
        new(168, "REDUCED_GPU_MEMORY_CAPACITY", null, null, Degraded, "memory", "Less GPU memory than fitted", "GPU 显存容量减少"),
        new(169, "SEC2_HALT_ERROR", null, null, Fatal, "firmware", "SEC2 halted", "SEC2 停止"),
        new(171, "UNCORRECTABLE_DRAM_ERROR", null, null, Fatal, "memory", "Uncorrectable DRAM error", "不可纠正的 DRAM 错误"),
        new(172, "UNCORRECTABLE_SRAM_ERROR", null, null, Fatal, "memory", "Uncorrectable SRAM error", "不可纠正的 SRAM 错误"),
    ];

    /// <summary>Codes that the catalogue names for other boards only (NVLink 5, C2C, A100), with their mnemonics.</summary>
    public static IReadOnlyDictionary<int, string> Elsewhere { get; } = new Dictionary<int, string>
    {
        [61] = "PMU_BREAKPOINT",
        [93] = "INFOROM_ERASE_LIMIT_EXCEEDED",
        [121] = "C2C_ERROR",
        [139] = "ROBUST_CHANNEL_OFA1_ERROR",
        [142] = "ROBUST_CHANNEL_NVENC3_ERROR",
        [144] = "NVLINK_SAW_ERROR",
        [145] = "NVLINK_RLW_ERROR",
        [146] = "NVLINK_TLW_ERROR",
        [147] = "NVLINK_TREX_ERROR",
        [148] = "NVLINK_NVLPW_CTRL_ERROR",
        [149] = "NVLINK_NETIR_ERROR",
        [150] = "NVLINK_MSE_ERROR",
        [152] = "ROBUST_CHANNEL_DLA_SMMU_ERROR",
        [153] = "ROBUST_CHANNEL_DLA_TIMEOUT",
        [155] = "NVLINK_SW_DEFINED_ERROR",
        [159] = "ROBUST_CHANNEL_CHI_NON_DATA_ERROR",
        [160] = "CHANNEL_RETIREMENT_EVENT",
        [161] = "CHANNEL_RETIREMENT_FAILURE",
        [162] = "PSHC_REENGAGED",
        [163] = "PSHC_DISENGAGED",
        [164] = "PSHC_LOW_LIFETIME",
        [165] = "PSHC_ZERO_LIFETIME",
        [166] = "NVLINK_SECURE_CRYPTO_ERR",
        [170] = "NVLINK_SECURE_OTHER",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<int, XidKind> ByCode = All.ToFrozenDictionary(k => k.Code);

    /// <summary>Null for a code that does not apply to this board.</summary>
    public static XidKind? Find(int code) => ByCode.GetValueOrDefault(code);
}
