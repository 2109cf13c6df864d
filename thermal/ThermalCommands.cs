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

    /// <summary>Power limit per GPU, W; never below what the board says the driver accepts.</summary>
    public PerGpu<double> GpuLimitW;

    public PerGpu<Reason> GpuReasons;

    /// <summary>True isolates the loop: the valve's safe state by wiring.</summary>
    public bool CloseValve;

    public Reason ValveReason;

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
