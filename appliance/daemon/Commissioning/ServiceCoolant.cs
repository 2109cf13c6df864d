using Appliance.Model;

namespace Appliance.Daemon.Commissioning;

/// <summary>Draining and filling the loop: whether it may be begun, and whether a filled loop is good. Pure.</summary>
internal static class ServiceCoolant
{
    /// <summary>Standing GPUs give off less; more must not lose its coolant.</summary>
    private const double DrainBelowW = 900;

    private const double FullLevelPercent = 60;

    /// <summary>Coolant above this scalds whoever opens the drain.</summary>
    private const double CoolBelowC = 45;

    public static IReadOnlyList<string> Steps { get; } =
    [
        "1. appliance console, 8, Power off: the fans and pumps stop with the power",
        "2. let it stand for five minutes, then open the drain at the lowest point; catch what runs out",
        "3. do the work, close the drain, fill to the mark",
        "4. power on; pumps run at full from the first second and push the air out",
        "5. appliance service coolant --filled",
    ];

    /// <summary>A line for each reason not to drain now; none when it may be begun.</summary>
    public static IEnumerable<string> AgainstDraining(ThermalFrame thermal, InferenceFrame? engine)
    {
        if (thermal.HeatW > DrainBelowW)
            yield return $"the GPUs give off {thermal.HeatW:0} W; below {DrainBelowW:0} W the loop may be drained";
        if (engine is { Running: > 0 })
            yield return $"{engine.Running} answers are being computed: systemctl stop inference-core";
        if (thermal.CoolantSupplyC is > CoolBelowC)
            yield return $"the coolant has {thermal.CoolantSupplyC:0.0} °C; wait until it is below {CoolBelowC:0} °C";
    }

    /// <summary>A line for each thing that is not right in a loop that was filled, with the pumps at full.</summary>
    public static IEnumerable<string> AgainstFilled(ThermalFrame thermal)
    {
        if (thermal.LevelPercent is not { } level)
            yield return "the level is not known";
        else if (level < FullLevelPercent)
            yield return $"the level is {level:0} %; fill to {FullLevelPercent:0} % or more";
        if (thermal.FlowLMin is not > 0)
            yield return "nothing flows";
        foreach (var pump in thermal.Pumps.Where(p => p.State != "ok"))
            yield return $"{pump.Name} is {pump.State.Replace('_', ' ')}: air in it, or its plug";
        if (thermal.Leak)
            yield return "a leak is seen or latched: dry the tray, find it, then appliance alarms reset";
    }
}
