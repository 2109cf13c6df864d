using System.Diagnostics;

namespace Appliance.Thermal;

/// <summary>
/// Names and words of the conditions: one row each, so that nothing can be forgotten silently. How grave one is and what a person does about it is
/// said in one place for all alarms, the alarm catalogue, under the same name.
/// </summary>
internal static class ConditionBook
{
    public static string Name(ConditionCode code) => Row(code).Name;

    /// <summary>A GPU that obeys its limit and not its clock: the same alarm, and no limit to tell.</summary>
    private const string ClockRefused = "the clock does not stand at its lowest; it draws {0:0} W";

    public static string Text(in Condition c, string target) =>
        $"{target}: {string.Format(c is { Code: ConditionCode.GpuLimitRefused, Limit: 0 } ? ClockRefused : Row(c.Code).Text, c.Value, c.Limit)}";

    private sealed record Entry(string Name, string Text);

    private static Entry Row(ConditionCode code) => code switch
    {
        ConditionCode.FanStalled => new("fan_stalled", "{0:0} rpm, expected {1:0} rpm"),
        ConditionCode.FanSlow => new("fan_slow", "{0:0} rpm, expected {1:0} rpm"),
        ConditionCode.FanTachLost => new("fan_tach_lost", "no tachometer signal"),
        ConditionCode.FanNotObeying => new("fan_not_obeying", "reads back {0:0} %, commanded {1:0} %"),
        ConditionCode.FanWriteFailed => new("fan_write_failed", "the write failed"),
        ConditionCode.PumpStalled => new("pump_stalled", "{0:0} rpm, expected {1:0} rpm"),
        ConditionCode.PumpSlow => new("pump_slow", "{0:0} rpm, expected {1:0} rpm"),
        ConditionCode.PumpTachLost => new("pump_tach_lost", "no tachometer signal"),
        ConditionCode.PumpNotObeying => new("pump_not_obeying", "reads back {0:0} %, commanded {1:0} %"),
        ConditionCode.PumpWriteFailed => new("pump_write_failed", "the write failed"),
        ConditionCode.PumpWithoutFlow => new("pump_without_flow", "turns at {0:0} rpm but flow is {1:0.0} L/min"),
        ConditionCode.SensorLost => new("sensor_lost", "does not answer for {0:0.0} s"),
        ConditionCode.SensorRange => new("sensor_range", "reads {0:0.0}, outside its range (limit {1:0.0})"),
        ConditionCode.SensorRate => new("sensor_rate", "jumped by {0:0.0} in a tick, at most {1:0.0} is physical"),
        ConditionCode.SensorStuck => new("sensor_stuck", "has not moved for {0:0} s"),
        ConditionCode.SensorDisagrees => new("sensor_disagrees", "is {0:0.0} from its neighbours, limit {1:0.0}"),
        ConditionCode.SensorNoisy => new("sensor_noisy", "scatters by {0:0.00}, limit {1:0.00}"),
        ConditionCode.SensorImplausible => new("sensor_implausible", "is {0:0.0} from what the energy balance allows, limit {1:0.0}"),
        ConditionCode.SupplyUnknown => new("supply_unknown", "no coolant supply sensor can be trusted"),
        ConditionCode.FlowLow => new("flow_low", "flow {0:0.0} L/min, the pumps should give {1:0.0} L/min"),
        ConditionCode.FlowNone => new("flow_none", "no flow ({0:0.0} L/min)"),
        ConditionCode.FlowNoisy => new("flow_noisy", "flow scatters by {0:0.00} L/min, limit {1:0.00}"),
        ConditionCode.LeakSuspected => new("leak_suspected", "a leak detector is wet and no second one confirms it"),
        ConditionCode.LeakConfirmed => new("leak_confirmed", "coolant is leaking; latched until an operator resets it"),
        ConditionCode.LeakWireBroken => new("leak_wire_broken", "the leak rope's wire is broken; it cannot see a leak"),
        ConditionCode.LevelLow => new("level_low", "level {0:0} %, limit {1:0} %"),
        ConditionCode.GpuUnreadable => new("gpu_unreadable", "cannot be read; it counts as {0:0} W"),
        ConditionCode.GpuLost => new("gpu_lost", "fell off the bus"),
        ConditionCode.GpuHot => new("gpu_hot", "die {0:0} °C, limit {1:0} °C"),
        ConditionCode.GpuLimitRefused => new("gpu_limit_refused", "limit stands at {0:0} W, commanded {1:0} W"),
        ConditionCode.PlateSuspect => new("plate_suspect", "die is {0:0.0} K above what its power explains, limit {1:0.0} K"),
        ConditionCode.CoolantHot => new("coolant_hot", "coolant supply {0:0.0} °C, limit {1:0.0} °C"),
        ConditionCode.CoolantCold => new("coolant_cold", "coolant supply {0:0.0} °C, band begins at {1:0.0} °C"),
        ConditionCode.CapacityShort => new("capacity_short", "the box can remove {0:0} W, the GPUs want {1:0} W"),
        ConditionCode.HeatUnaccounted => new("heat_unaccounted", "coolant carries {0:0} W, the GPUs draw {1:0} W"),
        ConditionCode.RadiatorFouled => new("radiator_fouled", "radiator at {0:0} % of what it was built for, limit {1:0} %"),
        ConditionCode.DewPointNear => new("dew_point_near", "coolest surface {0:0.0} °C, dew point needs {1:0.0} °C"),
        ConditionCode.HumidityOutOfBand => new("humidity_out_of_band", "{0:0} %RH, band centre {1:0} %RH"),
        ConditionCode.ManualActive => new("manual_active", "manual for another {0:0} s"),
        ConditionCode.EngineParked => new("engine_parked", "workers are stopped to save the GPUs"),
        ConditionCode.ShutDown => new("shut_down", "the box switches itself off"),
        ConditionCode.ValveMismatch => new("valve_mismatch", "reads {0:0}, commanded {1:0}"),
        ConditionCode.SetpointUnreachable => new("setpoint_unreachable", "load {0:0} W is below {1:0} W, where the band begins"),
        ConditionCode.SensorsSwapped => new("sensors_swapped", "supply and return read {0:0.0} K the wrong way round"),
        _ => throw new UnreachableException($"No row for {code}."),
    };
}
