using System.Collections.Frozen;
using Appliance.Model;

namespace Appliance.Health;

/// <summary>
/// Every alarm this box can raise; those that the thermal loop sees carry its conditions' names. The codes are contracts
/// (topics, Redfish, tickets hang on them): one may be added, none may change its meaning.
/// </summary>
public static partial class AlarmCatalogue
{
    public const string CoolantHot = "coolant_hot";
    public const string CoolantCold = "coolant_cold";
    public const string SupplyUnknown = "supply_unknown";
    public const string DewPointNear = "dew_point_near";
    public const string HumidityOutOfBand = "humidity_out_of_band";
    public const string FlowLow = "flow_low";
    public const string FlowNone = "flow_none";
    public const string FlowNoisy = "flow_noisy";
    public const string LeakSuspected = "leak_suspected";
    public const string LeakConfirmed = "leak_confirmed";
    public const string LeakWireBroken = "leak_wire_broken";
    public const string LevelLow = "level_low";
    public const string CapacityShort = "capacity_short";
    public const string HeatUnaccounted = "heat_unaccounted";
    public const string RadiatorFouled = "radiator_fouled";
    public const string SetpointUnreachable = "setpoint_unreachable";
    public const string ValveMismatch = "valve_mismatch";
    public const string FanStalled = "fan_stalled";
    public const string FanSlow = "fan_slow";
    public const string FanTachLost = "fan_tach_lost";
    public const string FanNotObeying = "fan_not_obeying";
    public const string FanWriteFailed = "fan_write_failed";
    public const string PumpStalled = "pump_stalled";
    public const string PumpSlow = "pump_slow";
    public const string PumpTachLost = "pump_tach_lost";
    public const string PumpNotObeying = "pump_not_obeying";
    public const string PumpWriteFailed = "pump_write_failed";
    public const string PumpWithoutFlow = "pump_without_flow";
    public const string SensorLost = "sensor_lost";
    public const string SensorRange = "sensor_range";
    public const string SensorRate = "sensor_rate";
    public const string SensorStuck = "sensor_stuck";
    public const string SensorDisagrees = "sensor_disagrees";
    public const string SensorNoisy = "sensor_noisy";
    public const string SensorImplausible = "sensor_implausible";
    public const string SensorsSwapped = "sensors_swapped";
    public const string GpuLost = "gpu_lost";
    public const string GpuUnreadable = "gpu_unreadable";
    public const string GpuHot = "gpu_hot";
    public const string GpuThrottled = "gpu_throttled";
    public const string GpuPowerWithheld = "gpu_power_withheld";
    public const string GpuLimitRefused = "gpu_limit_refused";
    public const string PlateSuspect = "plate_suspect";
    public const string ManualActive = "manual_active";
    public const string EngineParked = "engine_parked";
    public const string ShutDown = "shut_down";
    public const string LoopLate = "loop_late";
    public const string LoopFault = "loop_fault";
    public const string LoopStalled = "loop_stalled";
    public const string BusDisconnected = "bus_disconnected";
    public const string ConfigInvalid = "config_invalid";
    public const string CertificateExpiring = "certificate_expiring";
    public const string CertificateExpired = "certificate_expired";
    public const string InferenceFailed = "inference_failed";
    public const string InferenceSilent = "inference_silent";

    private static readonly FrozenDictionary<string, AlarmKind> ByCode = Kinds().ToFrozenDictionary(k => k.Code);

    /// <summary>In the order of the catalogue: loop, rotors, sensors, GPUs, board, control.</summary>
    public static IReadOnlyList<AlarmKind> All { get; } = [.. Kinds()];

    public static AlarmKind? Find(string code) => ByCode.GetValueOrDefault(code);

    /// <exception cref="ArgumentException">No such alarm.</exception>
    public static AlarmKind Get(string code) =>
        Find(code) ?? throw new ArgumentException($"{code} is not in the alarm catalogue.", nameof(code));

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static AlarmKind[] Kinds() => [.. LoopKinds(), .. RotorKinds(), .. SensorKinds(), .. GpuKinds(), .. BoardAlarms.All, .. ControlKinds()];
}
