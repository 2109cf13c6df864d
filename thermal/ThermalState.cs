using System.Text.Json.Serialization;
using Appliance.Model;

namespace Appliance.Thermal;

/// <summary>
/// All that one tick hands to the next. A plain value: copying it is a snapshot, and the same state with the same input gives
/// the same next state (that is how a flight record is replayed). A few kilobytes, copied in well under a microsecond.
/// </summary>
public struct ThermalState
{
    public EstimatorState Estimator;
    public ControllerState Controller;

    /// <summary>Cold start: everything at full until the box is known; <paramref name="kept"/> brings back latches and what was learnt.</summary>
    public static ThermalState Boot(ThermalSettings settings, ThermalCheckpoint? kept = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ThermalState state = default;
        state.Estimator.PumpGain = kept?.PumpGain is > 0.3 and < 3 ? kept.PumpGain : 1;
        state.Estimator.LeakLatched = kept?.LeakLatched ?? false;
        state.Controller.ShutdownLatched = kept?.ShutdownLatched ?? false;
        state.Controller.ShutdownBy = new(Driver.Shutdown);
        for (var i = 0; i < Limits.Gpus; i++)
        {
            var known = kept is not null && i < kept.GpuRho.Count;
            state.Estimator.Gpus[i].Rho = known ? Math.Clamp(kept!.GpuRho[i], 0.5, 2) : 1;
            state.Estimator.Gpus[i].KeptRho = known;
            state.Estimator.Gpus[i].Lost = kept is not null && i < kept.PlatesLost.Count && kept.PlatesLost[i];
            state.Estimator.Gpus[i].DoubtK = Thermal.Estimator.ReadingDoubtK;
        }

        if (kept is { Exchanger.Count: > 0 })
            state.Estimator.Observer.Identity.Restore(kept.Exchanger);
        return state;
    }

    /// <summary>What is latched, a bit each (leak, off, then every plate that lost its flow): when it changes the checkpoint must be on disk at once.</summary>
    public readonly int Latches
    {
        get
        {
            var bits = Bits(Estimator.LeakLatched, Controller.ShutdownLatched);
            for (var i = 0; i < Limits.Gpus; i++)
                bits |= PlateBit(i, Estimator.Gpus[i].Lost);
            return bits;
        }
    }

    internal static int Bits(bool leak, bool off) => (leak ? 1 : 0) | (off ? 2 : 0);

    internal static int PlateBit(int plate, bool isLost) => isLost ? 4 << plate : 0;

    private readonly bool[] PlatesLost()
    {
        var lost = new bool[Limits.Gpus];
        for (var i = 0; i < lost.Length; i++)
            lost[i] = Estimator.Gpus[i].Lost;
        return lost;
    }

    /// <summary>What is worth keeping over a restart; write it now and then, and at once when <see cref="Latches"/> changes.</summary>
    public readonly ThermalCheckpoint Checkpoint()
    {
        var rho = new double[Limits.Gpus];
        for (var i = 0; i < rho.Length; i++)
            rho[i] = Estimator.Gpus[i].Rho;
        return new()
        {
            LeakLatched = Estimator.LeakLatched,
            ShutdownLatched = Controller.ShutdownLatched,
            PumpGain = Estimator.PumpGain,
            Exchanger = Estimator.Observer.Identity.Keep(),
            GpuRho = rho,
            PlatesLost = PlatesLost(),
        };
    }
}

/// <summary>What survives a restart: latches and what was learnt about this box.</summary>
public sealed record ThermalCheckpoint
{
    public bool LeakLatched { get; init; }

    public bool ShutdownLatched { get; init; }

    /// <inheritdoc cref="ThermalState.Latches"/>
    [JsonIgnore]
    public int Latches => PlatesLost.Index().Aggregate(ThermalState.Bits(LeakLatched, ShutdownLatched), (bits, plate) => bits | ThermalState.PlateBit(plate.Index, plate.Item));

    /// <summary>Flow found against the flow designed for the pump speeds, 1 = as designed.</summary>
    public double PumpGain { get; init; } = 1;

    /// <summary>Exchanger found against designed: ln θ, slope over ln drive, share of the node's own heat less one, dead volume, L. Empty: nothing known.</summary>
    public IReadOnlyList<double> Exchanger { get; init; } = [];

    /// <summary>Thermal resistance of each GPU found against designed.</summary>
    public IReadOnlyList<double> GpuRho { get; init; } = [];

    /// <summary>Plates that had lost their flow: a dry plate is dry after a restart too.</summary>
    public IReadOnlyList<bool> PlatesLost { get; init; } = [];
}

public struct EstimatorState
{
    internal TimeSpan At;
    internal bool Started;
    internal PerSensor<SensorTrack> Sensors;
    internal PerFan<RotorTrack> Fans;
    internal PerPump<RotorTrack> Pumps;
    internal PerGpu<GpuTrack> Gpus;
    internal PerLine<LineTrack> Lines;
    internal LoopObserver Observer;
    internal bool LeakLatched;
    internal double PumpGain;
    internal double PumpSteadyS;
    internal EvenFlow EvenFlow;
    internal double PlatesKPerW;
    internal double FlowLowS;
    internal double FlowNoneS;
    internal double LevelSlow;
    internal double CommonOffsetK;
    internal double CommonResidualK;
    internal double CommonS;
    internal double HeatOffS;
    internal double CommonCorrectionK;
    internal double FlowLMin;
    internal double FlowSlow;
    internal double FlowSteadyS;
    internal double Drive;
    internal double ValveFraction;

    /// <summary>How far the bypass was told to open, and how far it is with its lag, 0..1.</summary>
    internal double BypassAsked;
    internal double BypassOpen;
    internal double ReturnC;
    internal double AmbientC;

    /// <summary>What the exchanger is fed with: room air, or facility water as measured or designed, °C.</summary>
    internal double SourceC;
    internal double FacilityNoneS;
    internal double FacilityDoubtS;
    internal double FacilityGain;
    internal double FacilityGainS;
    internal double ValveOffS;

    /// <summary>The valve as commanded and as its water says, slowly, 0..1; a stuck one stands where the latter does.</summary>
    internal double ValveSlow;
    internal double ValveOpen;
    internal double ValveMovedS;
    internal double ValveStillS;
    internal bool ValveHeld;

    /// <summary>The coolant has disproved the facility meter; until it agrees with the valve again.</summary>
    internal bool MeterOut;
    internal bool CloseValve;
    internal bool Dehumidify;
    internal bool Humidify;
    internal bool AmbientKnown;

    /// <summary>Air at the cabinet's inlet as foretold, °C, and how far from that it is, K.</summary>
    internal double CabinetC;
    internal double CabinetErrorK;
}

public struct ControllerState
{
    internal TimeSpan At;
    internal bool Started;
    internal bool ShutdownLatched;
    internal double BootS;
    internal double Drive;
    internal double AirDrive;

    /// <summary>GPU power, slowly, W; since when the facility valve was last moved to see that it moves, s, and from where.</summary>
    internal double HeatSlowW;
    internal double StrokeS;
    internal double StrokeFrom;

    /// <summary>Fans that stand at the upper edge of a band to skip.</summary>
    internal int SkipUpper;
    internal double FloorS;

    /// <summary>How long the cabinet's air has asked for no more than the fans' floor, s.</summary>
    internal double CabinetFloorS;

    /// <summary>How far the bypass is to be open, 0..1, and how far it may be: the fans have come down to their floor.</summary>
    internal double BypassOpen;
    internal double BypassMost;
    internal double Pump;
    internal double PumpTrim;
    internal double HeldW;
    internal double CapW;
    internal bool Capping;
    internal double CapTrimW;

    /// <summary>How long what is coming has stood still while power is limited, s.</summary>
    internal double CapStillS;

    /// <summary>What all GPUs may draw, filtered, before it is shared out.</summary>
    internal double CapSlowW;

    /// <summary>Flow the pumps are on their way to, L/min.</summary>
    internal double FlowAheadLMin;

    /// <summary>The same with every living pump at full.</summary>
    internal double FlowMostLMin;

    /// <summary>Flow at which coolant and dies limit the power alike, filtered, L/min; 0 while nothing is short.</summary>
    internal double ShortLMin;

    /// <summary>From the flow that leaves every die its power (0) to that at which coolant and dies limit it alike (1).</summary>
    internal double Deep;
    internal double ComingC;
    internal double ComingMidC;
    internal double ComingSlowC;
    internal double SpentS;
    internal double NeverS;
    internal double ShutS;
    internal double PumpsAheadShare;
    internal double Shortage;
    internal double PumpFullS;

    /// <summary>How far below the setpoint the coolant is held for the sake of a die, K.</summary>
    internal double DieShiftK;
    internal double HottestC;
    internal double PlateHotS;
    internal double CapHealthyS;
    internal double HealthyS;
    internal double FlowNoneS;
    internal double FacilityLostS;
    internal double LeakS;
    internal double UnknownS;
    internal bool Parked;
    internal Reason ParkedBy;
    internal Reason ShutdownBy;
    internal bool LowLimit;

    /// <summary>Every clock at its lowest for safety's sake; and how many are, one after another, because of what the coolant carries.</summary>
    internal bool LowClock;
    internal int LowClocks;
    internal double LowClocksS;

    /// <summary>Since the GPU's clock was told to be at its lowest, s; 0 while it is not.</summary>
    internal PerGpu<double> GpuLowClockS;
    internal PerGpu<double> GpuClockRestS;
    internal PerGpu<double> GpuCapW;
    internal PerGpu<double> GpuHealthyS;

    /// <summary>What each GPU wanted when the engine was parked, W.</summary>
    internal PerGpu<double> GpuBeforeParkW;

    /// <summary>How often a plate has parked the engine.</summary>
    internal int PlateParks;

    /// <summary>A surface is near the dew point: the dehumidifier has to run, the humidifier must not.</summary>
    internal bool DewNear;
    internal MoistureDevice Dehumidifier;
    internal MoistureDevice Humidifier;
}

/// <summary>One tick's result.</summary>
public struct ThermalTick
{
    public ThermalState State;
    public Estimate Estimate;
    public ThermalCommands Commands;
}
