using Appliance.Model;
using static Appliance.Health.AlarmCatalogue;

namespace Appliance.Health;

/// <summary>
/// The rules: what the frames of one moment mean. Pure; hysteresis in value asks the book whether the alarm stands, because
/// what has been raised at one threshold clears at a milder one.
/// </summary>
public static class BoxRules
{
    private const double BandHysteresisK = 0.3;
    private const double OverheatAboveBandK = 5;
    private const double OverheatClearK = 4;
    private const double DewMarginK = 2;
    private const double DewMarginClearK = 3;
    private const double WorkingHeatW = 400;

    /// <summary>OCP's rule of thumb is 1.5 L/min per kW; at half of it the dies run some 8 K hotter than they need to.</summary>
    private const double LowFlowLMinPerKw = 0.75;
    private const double LowFlowClearLMinPerKw = 0.9;
    private const double LostFlowLMin = 1.0;
    private const double LostFlowClearLMin = 1.5;
    private const double LowLevelPercent = 30;
    private const double LowLevelClearPercent = 35;
    private const double EmptyLevelPercent = 10;
    private const double HotGpuMarginK = 5;
    private const double HotGpuClearK = 8;
    private const double LateTickMs = 50;
    private const double LateTickClearMs = 20;

    public static IReadOnlyList<Finding> Evaluate(BoxView view, AlarmBook book)
    {
        var findings = new List<Finding>(view.Reported);
        if (view.Thermal is { } thermal)
        {
            Coolant(thermal, book, findings);
            Flow(thermal, book, findings);
            Loop(thermal, book, findings);
            Mode(thermal, findings);
            Rotors(thermal.Fans, "fan", findings);
            Rotors(thermal.Pumps, "pump", findings);
            Sensors(thermal.Sensors, findings);
        }

        foreach (var gpu in view.Gpus)
            Gpu(gpu, book, findings);
        MissingGpus(view, findings);
        Withheld(view, findings);
        if (view.BusConnected == false)
            findings.Add(new(BusDisconnected, "bus", "The MQTT broker does not answer."));
        if (view.ConfigFault is { } fault)
            findings.Add(new(ConfigInvalid, "config", fault));
        if (view.Inference is { State: "failed" } engine)
            findings.Add(new(InferenceFailed, "engine", $"{engine.Model} failed: {engine.Detail ?? "no reason given"}."));
        return findings;
    }

    private static void Coolant(ThermalFrame thermal, AlarmBook book, List<Finding> findings)
    {
        if (thermal.CoolantSupplyC is not { } supply)
        {
            // In the first moments nothing has been read yet, and that is no fault.
            if (thermal.Mode != "boot")
                findings.Add(new(CoolantUnknown, "loop", "No coolant supply sensor gives a believable value."));
            return;
        }

        var top = thermal.SetpointC + thermal.BandK;
        var bottom = thermal.SetpointC - thermal.BandK;
        if (supply > top - (book.IsStanding(CoolantHot, "loop") ? BandHysteresisK : 0))
            findings.Add(new(CoolantHot, "loop", $"Coolant supply {supply:0.0} °C is above {top:0.0} °C."));
        var overheat = top + (book.IsStanding(CoolantOverheat, "loop") ? OverheatClearK : OverheatAboveBandK);
        if (supply > overheat || thermal.Mode == "overheat")
            findings.Add(new(CoolantOverheat, "loop", $"Coolant supply {supply:0.0} °C; {top + OverheatAboveBandK:0.0} °C is the limit."));
        if (thermal.HeatW > WorkingHeatW && supply < bottom + (book.IsStanding(CoolantCold, "loop") ? BandHysteresisK : 0))
            findings.Add(new(CoolantCold, "loop", $"Coolant supply {supply:0.0} °C is below {bottom:0.0} °C at {thermal.HeatW:0} W of heat."));
        var margin = book.IsStanding(CondensationRisk, "loop") ? DewMarginClearK : DewMarginK;
        if (thermal.DewPointC is { } dew && supply < dew + margin)
            findings.Add(new(CondensationRisk, "loop", $"Coolant supply {supply:0.0} °C with a dew point of {dew:0.0} °C; {DewMarginK:0} K apart is the least."));
    }

    private static void Flow(ThermalFrame thermal, AlarmBook book, List<Finding> findings)
    {
        if (thermal.FlowLMin is not { } flow)
            return;
        var lost = book.IsStanding(FlowLost, "loop") ? LostFlowClearLMin : LostFlowLMin;
        if (flow < lost && thermal.Mode != "boot")
        {
            findings.Add(new(FlowLost, "loop", $"Coolant flow {flow:0.0} L/min; below {LostFlowLMin:0.0} L/min it carries nothing away."));
            return;
        }

        var perKw = book.IsStanding(FlowLow, "loop") ? LowFlowClearLMinPerKw : LowFlowLMinPerKw;
        if (thermal.HeatW > WorkingHeatW && flow < perKw * thermal.HeatW / 1000)
            findings.Add(new(FlowLow, "loop", $"Coolant flow {flow:0.0} L/min for {thermal.HeatW / 1000:0.0} kW of heat; {LowFlowLMinPerKw * thermal.HeatW / 1000:0.0} L/min is the least."));
    }

    private static void Loop(ThermalFrame thermal, AlarmBook book, List<Finding> findings)
    {
        if (thermal.Leak)
            findings.Add(new(LeakDetected, "loop", "A leak sensor is wet."));
        var low = book.IsStanding(LevelLow, "loop") ? LowLevelClearPercent : LowLevelPercent;
        if (thermal.LevelPercent is { } level && level < low)
        {
            findings.Add(new(LevelLow, "loop", $"Coolant level {level:0} %; {LowLevelPercent:0} % is the least.",
                level < EmptyLevelPercent ? Severity.Critical : null));
        }

        if (thermal.CapacityW is { } capacity && thermal.HeatW > capacity * (book.IsStanding(CapacityExceeded, "loop") ? 0.97 : 1))
            findings.Add(new(CapacityExceeded, "loop", $"{thermal.HeatW / 1000:0.00} kW of heat; the loop removes {capacity / 1000:0.00} kW at {thermal.SetpointC:0.0} °C."));
        var late = book.IsStanding(LoopLate, "loop") ? LateTickClearMs : LateTickMs;
        if (thermal.LatenessMs > late)
            findings.Add(new(LoopLate, "loop", $"The last tick began {thermal.LatenessMs:0} ms late; {LateTickMs:0} ms is the limit."));
    }

    private static void Mode(ThermalFrame thermal, List<Finding> findings)
    {
        switch (thermal.Mode)
        {
            case "failsafe":
                findings.Add(new(ThermalFailsafe, "loop", "The controller is in failsafe: fans and pumps at full speed."));
                break;
            case "shutdown":
                findings.Add(new(ThermalShutdown, "loop", "The controller has shut the heat sources down."));
                break;
            case "manual":
                findings.Add(new(ManualControl, "loop", "Fans or pumps are driven by hand."));
                break;
            default:
                break;
        }
    }

    private static void Rotors(IReadOnlyList<RotorFrame> rotors, string kind, List<Finding> findings)
    {
        var down = rotors.Count(r => r.State is "stalled" or "absent");

        // One fan's share the others can give; of two they cannot (thermal reference: 2 dead at full load means 42.6 °C).
        Severity? many = down >= 2 ? Severity.Critical : null;
        foreach (var rotor in rotors)
        {
            var speed = rotor.Rpm is { } rpm ? $"{rpm:0} rpm" : "no speed signal";
            Finding? finding = rotor.State switch
            {
                "stalled" => new($"{kind}_stalled", rotor.Name, $"{rotor.Name} does not turn at {rotor.DutyPercent:0} % drive ({speed}).", many),
                "absent" => new($"{kind}_absent", rotor.Name, $"{rotor.Name} is not there.", many),
                "slow" => new($"{kind}_slow", rotor.Name, $"{rotor.Name} turns too slowly at {rotor.DutyPercent:0} % drive ({speed})."),
                "tach_lost" => new($"{kind}_tach_lost", rotor.Name, $"{rotor.Name} gives no speed signal at {rotor.DutyPercent:0} % drive."),
                "write_failed" => new($"{kind}_write_failed", rotor.Name, $"{rotor.Name} does not take the {rotor.DutyPercent:0} % written to it."),
                _ => null,
            };
            if (finding is not null)
                findings.Add(finding);
        }
    }

    private static void Sensors(IReadOnlyList<SensorFrame> sensors, List<Finding> findings)
    {
        foreach (var sensor in sensors)
        {
            var value = sensor.Value is { } v ? $"{v:0.0#} {(sensor.Unit == "C" ? "°C" : sensor.Unit)}" : "no value";
            Finding? finding = sensor.Q switch
            {
                Quality.Absent => new(SensorAbsent, sensor.Name, $"{sensor.Name} gives no value."),
                Quality.Stale => new(SensorStale, sensor.Name, $"{sensor.Name} is silent; its last value was {value}."),
                Quality.Suspect => new(SensorSuspect, sensor.Name, $"{sensor.Name} says {value}, which its neighbours contradict."),
                _ => null,
            };
            if (finding is not null)
                findings.Add(finding);
        }
    }

    private static void Gpu(GpuFrame gpu, AlarmBook book, List<Finding> findings)
    {
        var target = $"gpu{gpu.Index}";
        if (gpu.State == "lost")
        {
            findings.Add(new(GpuLost, target, $"GPU {gpu.Index} does not answer any more."));
            return;
        }

        if (gpu.State == "unreadable")
            findings.Add(new(GpuUnreadable, target, $"GPU {gpu.Index} does not tell its temperature."));
        var margin = book.IsStanding(GpuHot, target) ? HotGpuClearK : HotGpuMarginK;
        if (gpu.MarginK is { } left && left < margin)
        {
            var at = gpu.TemperatureC is { } t ? $" at {t:0} °C" : "";
            findings.Add(new(GpuHot, target, $"GPU {gpu.Index} has {left:0.0} K left to throttling{at}; {HotGpuMarginK:0} K is the least."));
        }

        if (gpu.ThrottleReasons.FirstOrDefault(r => r.Contains("thermal", StringComparison.OrdinalIgnoreCase)) is { } reason)
            findings.Add(new(GpuThrottled, target, $"GPU {gpu.Index} throttles itself ({reason})."));
    }

    private static void MissingGpus(BoxView view, List<Finding> findings)
    {
        // Only once GPUs are known at all: before the first sweep nothing is missing.
        if (view.Gpus.Count == 0)
            return;
        foreach (var index in Enumerable.Range(0, view.GpusFitted).Except(view.Gpus.Select(g => g.Index)))
            findings.Add(new(GpuLost, $"gpu{index}", $"GPU {index} is fitted but was not found."));
    }

    // One alarm for all of them: the cause is the loop, and eight equal lines would hide it.
    private static void Withheld(BoxView view, List<Finding> findings)
    {
        if (view.GpuMaxW is not { } whole)
            return;
        var limits = view.Gpus.Where(g => g.PowerLimitW < whole - 1).Select(g => g.PowerLimitW!.Value).ToArray();
        if (limits.Length > 0)
            findings.Add(new(GpuPowerWithheld, "gpus", $"{limits.Length} of {view.Gpus.Count} GPUs limited, the lowest to {limits.Min():0} W of {whole:0} W."));
    }
}
