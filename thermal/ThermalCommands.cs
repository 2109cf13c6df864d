using Appliance.Model;

namespace Appliance.Thermal;

/// <summary>What the loop writes after this tick. <c>default</c> is full speed everywhere, as <c>default(Duty)</c> is.</summary>
public struct ThermalCommands
{
    public ThermalMode Mode;

    public PerFan<Duty> Fans;

    public PerFan<Reason> FanReasons;

    public PerPump<Duty> Pumps;

    public PerPump<Reason> PumpReasons;

    /// <summary>Modulating facility-water valve of a liquid-to-liquid box; full is open. Unused on liquid-to-air.</summary>
    public Duty FacilityValve;

    public Reason FacilityValveReason;

    /// <summary>Valve that lets coolant past the radiator of a liquid-to-air box; full is shut. Unused where the board has none.</summary>
    public Duty BypassValve;

    public Reason BypassValveReason;

    /// <summary>Power limit per GPU, W; never below what the board says the driver accepts.</summary>
    public PerGpu<double> GpuLimitW;

    /// <summary>The GPU's clock is held at its lowest: less than the lowest limit lets through, and the only hold on one that refuses limits.</summary>
    public PerGpu<bool> GpuLowestClock;

    /// <summary>Of both.</summary>
    public PerGpu<Reason> GpuReasons;

    /// <summary>True isolates the loop: the valve's safe state by wiring.</summary>
    public bool CloseValve;

    public Reason ValveReason;

    /// <summary>The dehumidifier runs; false, which is also what a released line is, where the board has none.</summary>
    public bool Dehumidify;

    public Reason DehumidifyReason;

    /// <summary>The humidifier runs; never together with the other.</summary>
    public bool Humidify;

    public Reason HumidifyReason;

    /// <summary>Engine workers must stop now (near idle): over inference-core's socket, killed after 1 s without answer.</summary>
    public bool ParkEngine;

    public Reason ParkReason;

    /// <summary>The GPUs (and then the box) must be powered off.</summary>
    public bool Shutdown;

    public Reason ShutdownReason;

    /// <summary>Heat the loop could remove now at the setpoint, W; absent until it is known.</summary>
    public Reading<double> CapacityW;

    /// <summary>GPU power that is being withheld from what the GPUs draw or would draw, W.</summary>
    public double WithheldW;

    /// <summary>What the estimator and the controller see wrong, worst first not guaranteed.</summary>
    public ConditionList Conditions;

    /// <summary>What a valve of the board is to be driven with.</summary>
    public readonly Duty Valve(BoardValve valve)
    {
        ArgumentNullException.ThrowIfNull(valve);
        return valve.Kind == "bypass" ? BypassValve : FacilityValve;
    }

    /// <summary>Why it is.</summary>
    public readonly Reason ValveReasonOf(BoardValve valve)
    {
        ArgumentNullException.ThrowIfNull(valve);
        return valve.Kind == "bypass" ? BypassValveReason : FacilityValveReason;
    }

    /// <summary>Whether the dehumidifier or humidifier behind this line is to run.</summary>
    public readonly bool Moisture(BoardLine line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return line.Kind == "dehumidifier" ? Dehumidify : line.Kind == "humidifier" && Humidify;
    }

    /// <summary>Why it does or does not.</summary>
    public readonly Reason MoistureReasonOf(BoardLine line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return line.Kind == "dehumidifier" ? DehumidifyReason : HumidifyReason;
    }
}

public enum ThermalMode : byte
{
    Boot,
    Running,
    Manual,

    /// <summary>Cooling is at its end: GPU power is being limited.</summary>
    Overheat,

    /// <summary>The coolant temperature cannot be trusted: full cooling.</summary>
    Failsafe,

    /// <summary>Leak, lost flow or heat: off, latched.</summary>
    Shutdown,
}
