using System.Collections.Frozen;
using Appliance.Model;
using static Appliance.Model.Severity;

namespace Appliance.Health;

/// <summary>
/// Every alarm this box can raise. The codes are contracts (topics, Redfish, tickets hang on them): one may be added, none
/// may change its meaning.
/// </summary>
public static class AlarmCatalogue
{
    public const string CoolantHot = "coolant_hot";
    public const string CoolantOverheat = "coolant_overheat";
    public const string CoolantCold = "coolant_cold";
    public const string CoolantUnknown = "coolant_unknown";
    public const string CondensationRisk = "condensation_risk";
    public const string FlowLow = "flow_low";
    public const string FlowLost = "flow_lost";
    public const string LeakDetected = "leak_detected";
    public const string LeakSensorFault = "leak_sensor_fault";
    public const string LevelLow = "level_low";
    public const string CapacityExceeded = "capacity_exceeded";
    public const string FanStalled = "fan_stalled";
    public const string FanSlow = "fan_slow";
    public const string FanTachLost = "fan_tach_lost";
    public const string FanWriteFailed = "fan_write_failed";
    public const string FanAbsent = "fan_absent";
    public const string PumpStalled = "pump_stalled";
    public const string PumpSlow = "pump_slow";
    public const string PumpTachLost = "pump_tach_lost";
    public const string PumpWriteFailed = "pump_write_failed";
    public const string PumpAbsent = "pump_absent";
    public const string SensorAbsent = "sensor_absent";
    public const string SensorStale = "sensor_stale";
    public const string SensorSuspect = "sensor_suspect";
    public const string GpuLost = "gpu_lost";
    public const string GpuUnreadable = "gpu_unreadable";
    public const string GpuHot = "gpu_hot";
    public const string GpuThrottled = "gpu_throttled";
    public const string GpuPowerWithheld = "gpu_power_withheld";
    public const string ThermalFailsafe = "thermal_failsafe";
    public const string ThermalShutdown = "thermal_shutdown";
    public const string ManualControl = "manual_control";
    public const string LoopLate = "loop_late";
    public const string LoopFault = "loop_fault";
    public const string BusDisconnected = "bus_disconnected";
    public const string ConfigInvalid = "config_invalid";
    public const string InferenceFailed = "inference_failed";
    public const string InferenceSilent = "inference_silent";

    private static readonly FrozenDictionary<string, AlarmKind> ByCode = Kinds().ToFrozenDictionary(k => k.Code);

    /// <summary>In the order of the catalogue: loop, rotors, sensors, GPUs, control.</summary>
    public static IReadOnlyList<AlarmKind> All { get; } = [.. Kinds()];

    public static AlarmKind? Find(string code) => ByCode.GetValueOrDefault(code);

    /// <exception cref="ArgumentException">No such alarm.</exception>
    public static AlarmKind Get(string code) =>
        Find(code) ?? throw new ArgumentException($"{code} is not in the alarm catalogue.", nameof(code));

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static AlarmKind[] Kinds() => [.. Loop(), .. Rotors(), .. Sensors(), .. Gpus(), .. Control()];

    private static AlarmKind[] Loop() =>
    [
        new(CoolantHot, "Coolant above its band", "冷却液高于目标范围", Warning, "loop",
            "The coolant supply is warmer than setpoint plus band; the GPUs still have margin.",
            "Check room temperature, air intake and fans; `appliance thermal` shows who drives what and why.")
        { RaiseAfter = Seconds(3), ClearAfter = Seconds(10) },
        new(CoolantOverheat, "Coolant overheating", "冷却液过热", Critical, "loop",
            "The coolant supply is far above its band; without action the GPUs throttle and then stop.",
            "Take load off the GPUs now; check pumps, fans and air intake.")
        { ClearAfter = Seconds(30) },
        new(CoolantCold, "Coolant below its band", "冷却液低于目标范围", Information, "loop",
            "The coolant supply has been colder than setpoint minus band for minutes although the box is working.",
            "Nothing urgent: check that the fans are not held at full speed and the room is not unusually cold.")
        { RaiseAfter = Seconds(600), ClearAfter = Seconds(30) },
        new(CoolantUnknown, "Coolant temperature unknown", "冷却液温度未知", Critical, "loop",
            "No supply sensor gives a believable value; fans and pumps run at full speed because nobody knows better.",
            "Check the cable of the loop sensors, then replace the sensor module.")
        { RaiseAfter = Seconds(1) },
        new(CondensationRisk, "Coolant near the dew point", "冷却液接近露点", Warning, "loop",
            "The coolant is less than 2 K above the dew point of the air: water may condense on cold parts.",
            "Lower the room's humidity or raise the setpoint; keep the lid closed.")
        { RaiseAfter = Seconds(10), ClearAfter = Seconds(30) },
        new(FlowLow, "Coolant flow low", "冷却液流量偏低", Warning, "loop",
            "Less coolant flows than the heat of the GPUs asks for; they run hotter than they should.",
            "Look for a kinked hose, a clogged filter or air in the loop; check both pumps.")
        { RaiseAfter = Seconds(3), ClearAfter = Seconds(10) },
        new(FlowLost, "Coolant flow lost", "冷却液断流", Critical, "loop",
            "Next to no coolant flows: the GPUs reach their limit within seconds at full load.",
            "Stop the load; check the pumps' power and the loop for a closed valve.")
        { ClearAfter = Seconds(10) },
        new(LeakDetected, "Leak detected", "检测到漏液", Critical, "loop",
            "A leak sensor is wet. The box has stopped what could pump coolant out.",
            "Switch the box off at the wall, open it and find the wet place; acknowledge only when it is dry.")
        { Latches = true, ClearAfter = Seconds(30) },
        new(LeakSensorFault, "Leak sensor broken", "漏液传感器故障", Warning, "sensor",
            "The wire of a leak rope is cut or unplugged: a leak there would not be seen.",
            "Plug in or replace the leak rope.")
        { RaiseAfter = Seconds(2) },
        new(LevelLow, "Coolant level low", "冷却液液位低", Warning, "loop",
            "The reservoir holds too little coolant; air may get into the pumps.",
            "Look for a leak, then top up with the coolant named on the reservoir.")
        { RaiseAfter = Seconds(5), ClearAfter = Seconds(30) },
        new(CapacityExceeded, "More heat than the loop can remove", "热量超过散热能力", Warning, "loop",
            "The GPUs put in more heat than fans and pumps can carry away at the setpoint.",
            "Expect GPU power to be withheld; improve the air intake, or lower the room temperature or the load.")
        { RaiseAfter = Seconds(10), ClearAfter = Seconds(30) },
    ];

    private static AlarmKind[] Rotors() =>
    [
        new(FanStalled, "Fan stopped", "风扇停转", Warning, "fan",
            "The fan is driven but does not turn; the others make up for it.",
            "Replace the fan at the next opportunity; at once if a second one fails.")
        { RaiseAfter = Seconds(1) },
        new(FanSlow, "Fan too slow", "风扇转速偏低", Warning, "fan",
            "The fan turns clearly slower than its drive asks for: dust, a worn bearing or something in its way.",
            "Clean the fan and its grille; replace it if that does not help.")
        { RaiseAfter = Seconds(5), ClearAfter = Seconds(10) },
        new(FanTachLost, "Fan speed unknown", "风扇转速信号丢失", Warning, "fan",
            "The fan's tachometer gives no signal although the cooling shows that it turns.",
            "Check the fan's connector; replace the fan.")
        { RaiseAfter = Seconds(5) },
        new(FanWriteFailed, "Fan cannot be driven", "风扇无法控制", Warning, "fan",
            "The fan controller does not take the duty written to it; the fan runs on whatever the chip decides.",
            "Look at the kernel log for the fan chip; if it stays, replace the fan board.")
        { RaiseAfter = Seconds(1) },
        new(FanAbsent, "Fan missing", "风扇缺失", Warning, "fan",
            "The board says a fan is fitted, but the system does not show it.",
            "Check that the fan tray is seated and its chip's driver is loaded.")
        { RaiseAfter = Seconds(3) },
        new(PumpStalled, "Pump stopped", "水泵停转", Critical, "pump",
            "The pump is driven but does not turn; the other one carries the loop alone.",
            "Replace the pump now: when the second one stops, the GPUs overheat within ten seconds."),
        new(PumpSlow, "Pump too slow", "水泵转速偏低", Warning, "pump",
            "The pump turns clearly slower than its drive asks for: air in it, or wear.",
            "Bleed the loop; replace the pump if that does not help.")
        { RaiseAfter = Seconds(5), ClearAfter = Seconds(10) },
        new(PumpTachLost, "Pump speed unknown", "水泵转速信号丢失", Warning, "pump",
            "The pump's tachometer gives no signal although coolant flows.",
            "Check the pump's connector; replace the pump.")
        { RaiseAfter = Seconds(5) },
        new(PumpWriteFailed, "Pump cannot be driven", "水泵无法控制", Warning, "pump",
            "The pump controller does not take the duty written to it; the pump runs on whatever the chip decides.",
            "Look at the kernel log for the pump chip; if it stays, replace the pump board.")
        { RaiseAfter = Seconds(1) },
        new(PumpAbsent, "Pump missing", "水泵缺失", Critical, "pump",
            "The board says a pump is fitted, but the system does not show it.",
            "Check the pump's connector and that its chip's driver is loaded.")
        { RaiseAfter = Seconds(3) },
    ];

    private static AlarmKind[] Sensors() =>
    [
        new(SensorAbsent, "Sensor missing", "传感器缺失", Warning, "sensor",
            "The sensor gives no value; its neighbours stand in for it.",
            "Check the sensor's cable; replace it.")
        { RaiseAfter = Seconds(3) },
        new(SensorStale, "Sensor silent", "传感器数据过期", Warning, "sensor",
            "The sensor has stopped delivering new values.",
            "Check the sensor's cable and driver; replace it.")
        { RaiseAfter = Seconds(3) },
        new(SensorSuspect, "Sensor not believable", "传感器读数可疑", Warning, "sensor",
            "The sensor contradicts its neighbours or physics, so its value is not used.",
            "Compare it with its neighbours in `appliance thermal`; replace it.")
        { RaiseAfter = Seconds(3), ClearAfter = Seconds(30) },
    ];

    private static AlarmKind[] Gpus() =>
    [
        new(GpuLost, "GPU lost", "GPU 掉线", Critical, "gpu",
            "The GPU does not answer on the bus any more; what ran on it is gone.",
            "Drain the box and reboot; if the GPU is lost again, power-cycle, then replace the baseboard.")
        { RaiseAfter = Seconds(1) },
        new(GpuUnreadable, "GPU telemetry missing", "GPU 遥测中断", Warning, "gpu",
            "The GPU's sensors do not answer; cooling assumes full power for it.",
            "If it lasts, restart the driver; look at the kernel log for XID messages.")
        { RaiseAfter = Seconds(3) },
        new(GpuHot, "GPU near its thermal limit", "GPU 接近温度上限", Warning, "gpu",
            "The GPU has less than 5 K left before it throttles itself.",
            "Compare it with its neighbours: one hot GPU is a clogged cold plate, all of them are the loop.")
        { RaiseAfter = Seconds(3), ClearAfter = Seconds(15) },
        new(GpuThrottled, "GPU throttles itself", "GPU 过热降频", Warning, "gpu",
            "The GPU has lowered its own clock because of heat; the model answers slower.",
            "Check coolant flow and supply temperature; reseat the cold plate if only this GPU does it.")
        { RaiseAfter = Seconds(3), ClearAfter = Seconds(15) },
        new(GpuPowerWithheld, "GPU power withheld", "GPU 功率受限", Warning, "gpu",
            "The box has lowered GPU power limits to keep the coolant in its band.",
            "See the other alarms for the reason; the power is given back by itself.")
        { RaiseAfter = Seconds(2), ClearAfter = Seconds(10) },
    ];

    private static AlarmKind[] Control() =>
    [
        new(ThermalFailsafe, "Cooling in failsafe", "散热进入失效保护", Critical, "control",
            "The controller does not trust what it sees; fans and pumps run at full speed.",
            "Look at the other alarms for the cause; cooling is safe but loud until then.")
        { RaiseAfter = Seconds(1) },
        new(ThermalShutdown, "Thermal shutdown", "过热停机", Critical, "control",
            "The box has ordered the GPUs to their lowest power to protect itself.",
            "Find the cause among the other alarms; power-cycle when it is repaired.")
        { Latches = true },
        new(ManualControl, "Cooling under manual control", "散热处于手动模式", Information, "control",
            "A person drives fans or pumps; the safety limits stay in force and the override ends by itself.",
            "Nothing, if that is you; otherwise ask who is working on the box."),
        new(LoopLate, "Control loop late", "控制环路延迟", Warning, "control",
            "The 10 Hz control loop starts its ticks late: the machine is overloaded.",
            "See what uses the processor (`top`); the engine must not starve the control plane.")
        { RaiseAfter = Seconds(5), ClearAfter = Seconds(15) },
        new(LoopFault, "Control loop failed a tick", "控制环路异常", Critical, "control",
            "A tick of the control loop ended with an error; fans and pumps were set to full speed.",
            "Keep the log and report it; the daemon goes on by itself.")
        { ClearAfter = Seconds(60) },
        new(BusDisconnected, "Telemetry bus not connected", "遥测总线断开", Warning, "control",
            "The broker does not answer: panel and Redfish show old values; events are kept and sent later.",
            "Check that bmc-agent (or the broker named in bus.host) runs.")
        { RaiseAfter = Seconds(10) },
        new(ConfigInvalid, "Configuration file not valid", "配置文件无效", Warning, "control",
            "The configuration file has an error; the last good one is in force.",
            "Correct the line it names, check with `appliance config check`, then restart the daemon."),
        new(InferenceFailed, "Model cannot be served", "模型无法提供服务", Critical, "inference",
            "The engine says that its model failed; requests are refused.",
            "Read the reason it gives; check the model directory with `inference-core verify`.")
        { RaiseAfter = Seconds(2) },
        new(InferenceSilent, "Engine not heard", "推理引擎无响应", Warning, "inference",
            "The engine has stopped sending its frames: it died or hangs.",
            "It is restarted by itself; if not, look at its log.")
        { RaiseAfter = Seconds(10) },
    ];
}
