using System.Diagnostics;
using Appliance.Model;

namespace Appliance.Thermal;

/// <summary>Names, severities and words of the conditions: one row each, so that nothing can be forgotten silently.</summary>
internal static class ConditionBook
{
    public static string Name(ConditionCode code) => Row(code).Name;

    public static Severity Severity(ConditionCode code) => Row(code).Severity;

    public static string Text(in Condition c, string target) =>
        $"{target}: {string.Format(Row(c.Code).Text, c.Value, c.Limit)}";

    public static string NextStep(ConditionCode code, string target) => Row(code).Next.Replace("{t}", target, StringComparison.Ordinal);

    private sealed record Entry(string Name, Severity Severity, string Text, string Next);

    private static Entry Row(ConditionCode code) => code switch
    {
        ConditionCode.FanStalled => new("fan_stalled", Model.Severity.Critical, "{0:0} rpm, expected {1:0} rpm", "Replace {t}; the others cover for it."),
        ConditionCode.FanSlow => new("fan_slow", Model.Severity.Warning, "{0:0} rpm, expected {1:0} rpm", "Look for dust or a worn bearing in {t}."),
        ConditionCode.FanTachLost => new("fan_tach_lost", Model.Severity.Warning, "no tachometer signal", "Check the tachometer wire of {t}; it is driven as if it did not turn."),
        ConditionCode.FanNotObeying => new("fan_not_obeying", Model.Severity.Critical, "reads back {0:0} %, commanded {1:0} %", "Find who else writes {t}: another fan daemon, firmware, pwm_enable."),
        ConditionCode.FanWriteFailed => new("fan_write_failed", Model.Severity.Critical, "the write failed", "Check the fan controller's bus."),
        ConditionCode.PumpStalled => new("pump_stalled", Model.Severity.Critical, "{0:0} rpm, expected {1:0} rpm", "Replace {t}; the other pump runs at full."),
        ConditionCode.PumpSlow => new("pump_slow", Model.Severity.Warning, "{0:0} rpm, expected {1:0} rpm", "Look for air or a worn bearing in {t}."),
        ConditionCode.PumpTachLost => new("pump_tach_lost", Model.Severity.Warning, "no tachometer signal", "Check the tachometer wire of {t}."),
        ConditionCode.PumpNotObeying => new("pump_not_obeying", Model.Severity.Critical, "reads back {0:0} %, commanded {1:0} %", "Find who else writes {t}."),
        ConditionCode.PumpWriteFailed => new("pump_write_failed", Model.Severity.Critical, "the write failed", "Check the pump controller's bus."),
        ConditionCode.PumpWithoutFlow => new("pump_without_flow", Model.Severity.Critical, "turns at {0:0} rpm but flow is {1:0.0} L/min", "Check {t}'s impeller, non-return valve and for air."),
        ConditionCode.SensorLost => new("sensor_lost", Model.Severity.Warning, "does not answer for {0:0.0} s", "Check the wire of {t}."),
        ConditionCode.SensorRange => new("sensor_range", Model.Severity.Warning, "reads {0:0.0}, outside its range (limit {1:0.0})", "Check the wire of {t}: open or shorted."),
        ConditionCode.SensorRate => new("sensor_rate", Model.Severity.Warning, "jumped by {0:0.0} in a tick, at most {1:0.0} is physical", "Check the wire of {t} for a loose contact."),
        ConditionCode.SensorStuck => new("sensor_stuck", Model.Severity.Warning, "has not moved for {0:0} s", "Replace {t}."),
        ConditionCode.SensorDisagrees => new("sensor_disagrees", Model.Severity.Warning, "is {0:0.0} from its neighbours, limit {1:0.0}", "Replace {t}."),
        ConditionCode.SensorNoisy => new("sensor_noisy", Model.Severity.Warning, "scatters by {0:0.00}, limit {1:0.00}", "Check shield and contact of {t}."),
        ConditionCode.SensorImplausible => new("sensor_implausible", Model.Severity.Warning, "is {0:0.0} from what the energy balance allows, limit {1:0.0}", "Compare {t} with a reference thermometer."),
        ConditionCode.SupplyUnknown => new("supply_unknown", Model.Severity.Critical, "no coolant supply sensor can be trusted", "Check the coolant sensors; the box cools at full meanwhile."),
        ConditionCode.FlowLow => new("flow_low", Model.Severity.Critical, "flow {0:0.0} L/min, the pumps should give {1:0.0} L/min", "Check for air, a closed quick-disconnect or a failing pump."),
        ConditionCode.FlowNone => new("flow_none", Model.Severity.Critical, "no flow ({0:0.0} L/min)", "The box parks its engine and powers off within 60 s unless flow returns. Check pumps and valves."),
        ConditionCode.FlowNoisy => new("flow_noisy", Model.Severity.Warning, "flow scatters by {0:0.00} L/min, limit {1:0.00}", "Bleed air from the loop."),
        ConditionCode.LeakSuspected => new("leak_suspected", Model.Severity.Warning, "a leak detector is wet and no second one confirms it", "Look under the plates now."),
        ConditionCode.LeakConfirmed => new("leak_confirmed", Model.Severity.Critical, "coolant is leaking; latched until an operator resets it", "Do not power on. Find and mend the leak, dry the box, then reset the latch."),
        ConditionCode.LeakWireBroken => new("leak_wire_broken", Model.Severity.Warning, "the leak rope's wire is broken; it cannot see a leak", "Replace the rope."),
        ConditionCode.LevelLow => new("level_low", Model.Severity.Critical, "level {0:0} %, limit {1:0} %", "Top up the reservoir and look for the leak."),
        ConditionCode.GpuUnreadable => new("gpu_unreadable", Model.Severity.Warning, "cannot be read; it counts as {0:0} W", "Check the driver."),
        ConditionCode.GpuLost => new("gpu_lost", Model.Severity.Critical, "fell off the bus", "Drain and reset the node."),
        ConditionCode.GpuHot => new("gpu_hot", Model.Severity.Critical, "die {0:0} °C, limit {1:0} °C", "See flow and the plate of {t}."),
        ConditionCode.GpuLimitRefused => new("gpu_limit_refused", Model.Severity.Critical, "limit stands at {0:0} W, commanded {1:0} W", "Check the driver; other GPUs are limited instead."),
        ConditionCode.PlateSuspect => new("plate_suspect", Model.Severity.Critical, "die is {0:0.0} K above what its power explains, limit {1:0.0} K", "Check quick-disconnects and the plate of {t}."),
        ConditionCode.CoolantHot => new("coolant_hot", Model.Severity.Critical, "coolant supply {0:0.0} °C, limit {1:0.0} °C", "See fans, ambient and filters."),
        ConditionCode.CoolantCold => new("coolant_cold", Model.Severity.Warning, "coolant supply {0:0.0} °C, band begins at {1:0.0} °C", "None: it warms up with load."),
        ConditionCode.CapacityShort => new("capacity_short", Model.Severity.Warning, "the box can remove {0:0} W, the GPUs want {1:0} W", "Lower the room temperature, mend fans, clean the radiator."),
        ConditionCode.HeatUnaccounted => new("heat_unaccounted", Model.Severity.Warning, "coolant carries {0:0} W, the GPUs draw {1:0} W", "Compare flow meters and coolant sensors."),
        ConditionCode.RadiatorFouled => new("radiator_fouled", Model.Severity.Warning, "radiator at {0:0} % of what it was built for, limit {1:0} %", "Clean radiator and filters."),
        ConditionCode.DewPointNear => new("dew_point_near", Model.Severity.Critical, "coolest surface {0:0.0} °C, dew point needs {1:0.0} °C", "Dry the room air or raise the setpoint."),
        ConditionCode.HumidityOutOfBand => new("humidity_out_of_band", Model.Severity.Information, "{0:0} %RH, band centre {1:0} %RH", "Fans cannot change humidity: see the room's air handling."),
        ConditionCode.ManualActive => new("manual_active", Model.Severity.Warning, "manual for another {0:0} s", "It ends by itself; the fail-safe stays on."),
        ConditionCode.EngineParked => new("engine_parked", Model.Severity.Critical, "workers are stopped to save the GPUs", "See the alarm that caused it."),
        ConditionCode.ShutDown => new("shut_down", Model.Severity.Critical, "the box switches itself off", "See the alarm that caused it; reset after repair."),
        ConditionCode.ValveMismatch => new("valve_mismatch", Model.Severity.Critical, "reads {0:0}, commanded {1:0}", "Check the valve and its feedback."),
        ConditionCode.SetpointUnreachable => new("setpoint_unreachable", Model.Severity.Information, "load {0:0} W is below {1:0} W, where the band begins", "None: fans stand at their floor and the coolant is cooler than the band."),
        ConditionCode.SensorsSwapped => new("sensors_swapped", Model.Severity.Warning, "supply and return read {0:0.0} K the wrong way round", "Check which connector is which."),
        _ => throw new UnreachableException($"No row for {code}."),
    };
}
