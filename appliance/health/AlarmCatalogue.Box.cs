using Appliance.Health.Board;
using static Appliance.Model.Severity;

namespace Appliance.Health;

public static partial class AlarmCatalogue
{
    private static AlarmKind[] GpuKinds() =>
    [
        new(GpuLost, "GPU lost", "GPU 掉线", Critical, "gpu",
            "The GPU does not answer on the bus any more; what ran on it is gone.",
            "Drain the box and reboot; if the GPU is lost again, power-cycle, then replace the baseboard.")
        { DependsOn = [ShutDown] }, // the box itself has switched it off
        new(GpuUnreadable, "GPU telemetry missing", "GPU 遥测中断", Warning, "gpu",
            "The GPU's sensors do not answer; cooling assumes full power for it.",
            "If it lasts, restart the driver; look at the kernel log for XID messages.")
        { KnownAfter = AlarmKind.AfterWatching(BoardRules.AbsentGrace), DependsOn = [GpuLost, GpuUnreadable, ShutDown] },
        new(GpuHot, "GPU near its thermal limit", "GPU 接近温度上限", Critical, "gpu",
            "The GPU is close to the temperature at which it throttles itself.",
            "Compare it with its neighbours: one hot GPU is its cold plate, all of them are the loop.")
        { ClearAfter = Seconds(15) },
        new(GpuThrottled, "GPU throttles itself", "GPU 过热降频", Warning, "gpu",
            "The GPU has lowered its own clock because of heat; the model answers slower.",
            "Check coolant flow and supply temperature; reseat the cold plate if only this GPU does it.")
        { RaiseAfter = Seconds(3), ClearAfter = Seconds(15), KnownAfter = AlarmKind.AfterWatching(BoardRules.ShareWindow) },
        new(GpuPowerWithheld, "GPU power withheld", "GPU 功率受限", Warning, "gpu",
            "The box has lowered GPU power limits to keep the coolant in its band.",
            "See the other alarms for the reason; the power is given back by itself.")
        { RaiseAfter = Seconds(2), ClearAfter = Seconds(10) },
        new(GpuLimitRefused, "GPU refuses its power limit", "GPU 拒绝功率限制", Critical, "gpu",
            "The driver does not take the power limit; the other GPUs are limited instead.",
            "Check the driver and who else sets power limits.")
        { ClearAfter = Seconds(10) },
        new(PlateSuspect, "Cold plate suspect", "冷板异常", Critical, "gpu",
            "The die is hotter than its power explains: its cold plate is clogged or its coupling not closed.",
            "Check the GPU's couplings and plate.")
        { ClearAfter = Seconds(30), KnownAfter = AlarmKind.AfterWatching(BoardRules.DriftWindow) },
    ];

    private static AlarmKind[] ControlKinds() =>
    [
        new(ManualActive, "Cooling under manual control", "散热处于手动模式", Warning, "control",
            "A person drives fans or pumps; the safety limits stay in force and the override ends by itself.",
            "Nothing, if that is you; otherwise ask who is working on the box."),
        new(EngineParked, "Engine parked", "推理引擎已暂停", Critical, "control",
            "The model's workers are stopped to save the GPUs.",
            "See the alarm that caused it."),
        new(ShutDown, "Thermal shutdown", "过热停机", Critical, "control",
            "The box switches itself off to protect itself.",
            "Find the cause among the other alarms; after the repair acknowledge, then `appliance alarms reset`.")
        { Latches = true },
        new(LoopLate, "Control loop late", "控制环路延迟", Warning, "control",
            "The 10 Hz control loop starts its ticks late: the machine is overloaded.",
            "See what uses the processor (`top`); the engine must not starve the control plane.")
        { RaiseAfter = Seconds(5), ClearAfter = Seconds(15) },
        new(LoopFault, "Control loop failed a tick", "控制环路异常", Critical, "control",
            "A tick of the control loop ended with an error; fans and pumps were set to full speed.",
            "Keep the log and report it; the daemon goes on by itself.")
        { ClearAfter = Seconds(60) },
        new(LoopStalled, "Control loop stalled", "控制环路停滞", Critical, "control",
            "The control loop did not tick in time and its watchdog drove fans and pumps to full speed.",
            "Keep the log and report it; see whether the machine or a driver hangs.")
        { ClearAfter = Seconds(60) },
        new(BusDisconnected, "Telemetry bus not connected", "遥测总线断开", Warning, "control",
            "The broker does not answer: panel and Redfish show old values; events are kept and sent later.",
            "Check that bmc-agent (or the broker named in bus.host) runs.")
        { RaiseAfter = Seconds(10) },
        new(ConfigInvalid, "Configuration file not valid", "配置文件无效", Warning, "control",
            "The configuration file has an error; the last good one is in force.",
            "Correct the line it names, check with `appliance config check`, then restart the daemon."),
        new(CertificateExpiring, "Certificate runs out soon", "证书即将到期", Warning, "control",
            "A certificate of the box ends within a month; from then on the bus, the panel or the API refuse it.",
            "Make new ones in a quiet hour: `sudo appliance certificates renew`."),
        new(CertificateExpired, "Certificate cannot be used", "证书无法使用", Critical, "control",
            "A certificate of the box has ended, does not hold yet, cannot be read, or is not its authority's.",
            "Check the clock, then make new ones: `sudo appliance certificates renew`."),
        new(InferenceFailed, "Model cannot be served", "模型无法提供服务", Critical, "inference",
            "The engine says that its model failed; requests are refused.",
            "Read the reason it gives; check the model directory with `inference-core verify`.")
        { RaiseAfter = Seconds(2) },
        new(InferenceSilent, "Engine not heard", "推理引擎无响应", Warning, "inference",
            "The engine has stopped sending its frames: it died or hangs.",
            "It is restarted by itself; if not, look at its log.")
        { RaiseAfter = Seconds(5) },
    ];
}
