using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>The cooling loop: values, who drives what and why, every sensor with its quality.</summary>
internal static class ThermalText
{
    public static IEnumerable<string> Lines(ThermalFrame thermal, IEnumerable<GpuFrame> gpus, Screen screen)
    {
        yield return $"Coolant supply {screen.Strong(Text.Celsius(thermal.CoolantSupplyC))}, {Text.Band(thermal)}; mode {thermal.Mode}";
        if (thermal.CabinetInletC is not null)
            yield return $"Cabinet inlet {screen.Strong(Text.Celsius(thermal.CabinetInletC))}, {(thermal.ControlledSensor == "cabinet_inlet" ? $"held by the fans, {Text.Band(thermal.CabinetInletC, thermal)}" : "measured only")}";
        yield return $"Return {Text.Celsius(thermal.CoolantReturnC)}, flow {Text.Number(thermal.FlowLMin, "0.00")} L/min, level {Text.Number(thermal.LevelPercent)} %, {(thermal.Leak ? screen.Bad("LEAK") : "no leak")}";
        yield return $"Heat {Text.Kilowatts(thermal.HeatW)} of {Text.Kilowatts(thermal.CapacityW)} the loop can remove; tick {thermal.Tick}, {thermal.LatenessMs:0.00} ms late";
        yield return $"Room {Text.Celsius(thermal.AmbientC)}, {Text.Number(thermal.HumidityPercent)} %RH, dew point {Text.Celsius(thermal.DewPointC)}";
        yield return "";
        yield return screen.Faint("ROTOR       DUTY    RPM  STATE         DRIVEN BY");
        foreach (var rotor in thermal.Fans.Concat(thermal.Pumps).Concat(thermal.Valves ?? []))
            yield return $"{rotor.Name,-9} {rotor.DutyPercent,4:0} % {Text.Number(rotor.Rpm),6}  {State(rotor.State, screen)} {rotor.Reason}";
        foreach (var gpu in gpus)
        {
            if (Text.Held(gpu) is { } held)
                yield return screen.Warn($"gpu{gpu.Index,-6} {held}");
        }

        yield return "";
        yield return screen.Faint("SENSOR               VALUE         QUALITY");
        foreach (var sensor in thermal.Sensors)
        {
            var unit = sensor.Unit == "C" ? "°C" : sensor.Unit;
            var quality = sensor.Q.ToString().ToLowerInvariant();
            yield return $"{sensor.Name,-16} {Text.Number(sensor.Value, "0.00"),9} {unit,-7} {(sensor.Q == Quality.Good ? quality : screen.Warn(quality))}";
        }
    }

    private static string State(string state, Screen screen) =>
        Screen.Pad(state == "ok" ? screen.Good(state) : screen.Bad(state.Replace('_', ' ')), 13);
}
