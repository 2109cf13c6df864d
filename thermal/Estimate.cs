using Appliance.Model;

namespace Appliance.Thermal;

/// <summary>What the box is taken to be doing, after voting, plausibility and the energy balance.</summary>
public struct Estimate
{
    /// <summary>Voted coolant supply, °C. Absent only if no sensor of the group can be trusted at all.</summary>
    public Reading<double> SupplyC;

    public Reading<double> ReturnC;

    /// <summary>Voted flow, L/min; suspect when it is inferred from the pumps instead of measured.</summary>
    public Reading<double> FlowLMin;

    public Reading<double> AmbientC;

    public Reading<double> HumidityPercent;

    /// <summary>Magnus formula over ambient and humidity, °C.</summary>
    public Reading<double> DewPointC;

    public Reading<double> LevelPercent;

    /// <summary>Facility water's temperature; absent where the board does not measure it.</summary>
    public Reading<double> FacilityC;

    public Reading<double> FacilityFlowLMin;

    /// <summary>The valve is open and no facility water comes.</summary>
    public bool FacilityLost;

    /// <summary>The facility valve does not follow its command; <see cref="Drive"/> is where it stands.</summary>
    public bool ValveStuck;

    /// <summary>It was told to move and its water did not: it sticks where it is, beyond doubt.</summary>
    public bool ValveHeld;

    /// <summary>Air at the cabinet's inlet; absent where the board does not measure it.</summary>
    public Reading<double> CabinetC;

    /// <summary>Measured less foretold air at the cabinet's inlet, filtered, K.</summary>
    public double CabinetErrorK;

    /// <summary>The value held at the setpoint: the board's controlled sensor group.</summary>
    public Reading<double> ControlledC;

    /// <summary>Quality of each sensor after all checks, board order.</summary>
    public PerSensor<Quality> Sensors;

    public PerFan<RotorHealth> Fans;

    public PerPump<RotorHealth> Pumps;

    /// <summary>What each GPU counts as, W: measured, or the board's maximum when it cannot be read.</summary>
    public PerGpu<double> GpuW;

    public PerGpu<GpuHealth> Gpus;

    /// <summary>Die temperatures, °C; absent where they cannot be read.</summary>
    public PerGpu<Reading<double>> GpuC;

    /// <summary>Heat the GPUs put in now, W.</summary>
    public double HeatW;

    /// <summary>Heat the coolant carries now by m·cp·ΔT, W; absent without flow or both temperatures.</summary>
    public Reading<double> CoolantHeatW;

    /// <summary>Highest die temperature, °C.</summary>
    public Reading<double> HottestGpuC;

    public LeakState Leak;

    /// <summary>Output lines of a (de)humidifier that have not stood as commanded for a second.</summary>
    public PerLine<bool> LineRefused;

    public FlowState Flow;

    /// <summary>Fans that turn as asked.</summary>
    public int FansAlive;

    public int PumpsAlive;

    /// <summary>Sum over the living fans of what the tachometers say, relative to full speed of all fans, 0..1.</summary>
    public double AirFraction;

    /// <summary>Drive of the cold fluid, 0..1: air, or the facility valve.</summary>
    public double Drive;

    /// <summary>Cold fluid at the exchanger's face, °C.</summary>
    public double ColdC;

    /// <summary>What the pumps' speeds promise, L/min.</summary>
    public double ExpectedFlowLMin;

    /// <summary>What the pumps' duties ask for, L/min.</summary>
    public double CommandedFlowLMin;

    /// <summary>A pump's tachometer is far below its duty: no need to wait for the stall to be certain when the flow is gone too.</summary>
    public bool PumpsFailing;

    /// <summary>Share of the flow that went with a pump which has stopped, as long as no tachometer says which; 0 when none has.</summary>
    public double PumpMissing;

    /// <summary>Measured less predicted supply, delay-matched and filtered, K.</summary>
    public double ModelErrorK;
}

public enum RotorHealth : byte
{
    Unknown,
    Ok,
    Slow,
    Stalled,

    /// <summary>No tachometer, but nothing else says it is not turning.</summary>
    TachLost,

    /// <summary>Turns, but not as commanded: writes do not arrive or somebody else writes.</summary>
    NotObeying,
}

public enum GpuHealth : byte
{
    Ok,

    /// <summary>Cannot be read: counts as full power.</summary>
    Unreadable,

    /// <summary>Fell off the bus.</summary>
    Lost,

    /// <summary>Hotter than its power and the coolant explain, but it settles: plate clogged, interface aged.</summary>
    PlateSuspect,

    /// <summary>Heats up as a plate without flow does: seconds count.</summary>
    PlateLost,

    /// <summary>Does not obey its power limit.</summary>
    LimitRefused,
}

public enum LeakState : byte
{
    Dry,

    /// <summary>One detector not confirmed by a second: an alarm, not yet an action.</summary>
    Suspected,

    /// <summary>Two of three detectors, or one critical rope that stays wet: act, latched.</summary>
    Confirmed,
}

public enum FlowState : byte
{
    Unknown,
    Ok,

    /// <summary>Below what the pumps should deliver.</summary>
    Low,

    /// <summary>No flow: seconds count.</summary>
    None,
}
