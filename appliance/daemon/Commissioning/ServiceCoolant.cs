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

    /// <summary>A line for each reason not to drain now; none when it may be begun.</summary>
    public static IEnumerable<string> AgainstDraining(ThermalFrame thermal, InferenceFrame? engine, ServiceWords words)
    {
        if (thermal.HeatW > DrainBelowW)
            yield return string.Format(null, words.TooWarm, $"{thermal.HeatW:0}", DrainBelowW);
        if (engine is { Running: > 0 })
            yield return string.Format(null, words.TooBusy, engine.Running);
        if (thermal.CoolantSupplyC is > CoolBelowC)
            yield return string.Format(null, words.TooHot, $"{thermal.CoolantSupplyC:0.0}", CoolBelowC);
    }

    /// <summary>A line for each thing that is not right in a loop that was filled, with the pumps at full.</summary>
    public static IEnumerable<string> AgainstFilled(ThermalFrame thermal, ServiceWords words)
    {
        if (thermal.LevelPercent is not { } level)
            yield return words.LevelUnknown;
        else if (level < FullLevelPercent)
            yield return string.Format(null, words.LevelLow, $"{level:0}", FullLevelPercent);
        if (thermal.FlowLMin is not > 0)
            yield return words.NoFlow;
        foreach (var pump in thermal.Pumps.Where(p => p.State != "ok"))
            yield return string.Format(null, words.PumpBad, pump.Name, words.State(pump.State));
        if (thermal.Leak)
            yield return words.LeakSeen;
    }
}
