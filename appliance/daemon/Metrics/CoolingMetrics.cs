using Appliance.Model;

namespace Appliance.Daemon.Metrics;

/// <summary>The cooling loop as <c>appliance_*</c>: base units, one family per quantity.</summary>
internal static class CoolingMetrics
{
    private static readonly string[] _modes = ["boot", "running", "manual", "overheat", "shutdown", "failsafe"];

    public static void Write(PrometheusText page, ThermalFrame thermal)
    {
        page.Gauge("appliance_coolant_supply_celsius", "Coolant to the cold plates, as voted.", thermal.CoolantSupplyC);
        page.Gauge("appliance_coolant_return_celsius", "Coolant from the cold plates, as voted.", thermal.CoolantReturnC);
        page.Gauge("appliance_coolant_setpoint_celsius", "What the loop holds.", thermal.SetpointC);
        page.Gauge("appliance_coolant_band_celsius", "Half width of the band around the setpoint, kelvin.", thermal.BandK);
        page.Gauge("appliance_coolant_flow_liters_per_second", "Coolant flow of the loop.", thermal.FlowLMin / 60);
        page.Gauge("appliance_coolant_level_ratio", "Fill of the reservoir, 0 to 1.", thermal.LevelPercent / 100);
        page.Gauge("appliance_coolant_leak", "1 while a leak is seen or latched.", thermal.Leak ? 1 : 0);
        page.Gauge("appliance_room_temperature_celsius", "Air in front of the radiator.", thermal.AmbientC);
        page.Gauge("appliance_room_humidity_ratio", "Relative humidity of the room, 0 to 1.", thermal.HumidityPercent / 100);
        page.Gauge("appliance_room_dew_point_celsius", "Dew point of the room.", thermal.DewPointC);
        page.Gauge("appliance_heat_watts", "Heat the GPUs put into the loop.", thermal.HeatW);
        page.Gauge("appliance_cooling_capacity_watts", "Heat the loop could remove now at the setpoint.", thermal.CapacityW);
        page.Gauge("appliance_cooling_mode", "What the loop is doing: 1 for the present mode.");
        foreach (var mode in _modes)
            page.Sample(mode == thermal.Mode ? 1 : 0, ("mode", mode));

        Rotors(page, "fan", thermal.Fans);
        Rotors(page, "pump", thermal.Pumps);
        page.Gauge("appliance_sensor_good", "1 while the sensor's reading is believed.");
        foreach (var sensor in thermal.Sensors)
            page.Sample(sensor.Q == Quality.Good ? 1 : 0, ("sensor", sensor.Name));
    }

    private static void Rotors(PrometheusText page, string kind, IReadOnlyList<RotorFrame> rotors)
    {
        page.Gauge($"appliance_{kind}_duty_ratio", "Drive as commanded and read back, 0 to 1.");
        foreach (var rotor in rotors)
            page.Sample(rotor.DutyPercent / 100, (kind, rotor.Name));
        page.Gauge($"appliance_{kind}_speed_rpm", "Revolutions a minute; absent where the tachometer does not answer.");
        foreach (var rotor in rotors)
            page.Sample(rotor.Rpm, (kind, rotor.Name));
        page.Gauge($"appliance_{kind}_ok", "1 while it turns as it is told.");
        foreach (var rotor in rotors)
            page.Sample(rotor.State == "ok" ? 1 : 0, (kind, rotor.Name), ("state", rotor.State));
    }
}
