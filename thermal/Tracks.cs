using Appliance.Model;

namespace Appliance.Thermal;

// What the estimator remembers of each source from tick to tick.

internal struct SensorTrack
{
    public double Last;
    public double Slow;
    public double JitterK;
    public double ChangeIntervalS;
    public double SinceChangeS;
    public double SinceSeenS;
    public double DisagreeS;
    public double HoldS;
    public bool Seen;
    public bool Disagrees;
    public ConditionCode Why;
    public double WhyValue;
    public double WhyLimit;
}

internal struct RotorTrack
{
    /// <summary>Speed the duty asks for, followed fast and slowly: the tachometer must lie between the two.</summary>
    public double Fast;
    public double Slow;

    /// <summary>The same over the time of which the driver may be answering, and the least of it.</summary>
    public HeldBand Held;
    public double Low;
    public double StalledS;
    public double OffS;
    public double SilentS;
    public double MismatchS;
    public double WriteFailedS;
    public double Speed;
    public Duty Commanded;
    public bool Known;
}

internal struct GpuTrack
{
    /// <summary>Power the plate has had time to answer to, W.</summary>
    public double SlowW;
    public double PlateW;
    public double LastW;
    public double SteadyS;

    /// <summary>Thermal resistance found against the design's, 1 = as designed.</summary>
    public double Rho;
    public double RhoS;

    /// <summary>The resistance was learnt before a restart: good enough for the pumps, not yet for a verdict on the plate.</summary>
    public bool KeptRho;
    public double ResidualK;
    public double ResidualSlowK;

    /// <summary>What power and coolant do not explain of this die's temperature, known to a fraction of the whole degree that is read, K.</summary>
    public double OffsetK;
    public double OffsetSlowK;

    /// <summary>Die temperature to that fraction, °C; 0 before the first reading.</summary>
    public double FineC;

    /// <summary>The whole degree last read, °C, and how far the foretold one may be off since a step between two was seen, K.</summary>
    public double ReadC;
    public double DoubtK;

    /// <summary>Foretold temperature of the plate, °C.</summary>
    public double PlateC;
    public double LostS;
    public bool Lost;

    /// <summary>Held back it cooled down for this long: there is flow, so it was clogged.</summary>
    public double FallS;

    /// <summary>For how long the plate has been well since it showed flow, s.</summary>
    public double FlowsS;

    /// <summary>Hottest the plate was since its power is down, °C, what the GPU drew then, W, and for how long that is.</summary>
    public double PlateTopC;
    public double TopW;
    public double LowS;
    public double BaseK;
    public double BaseS;
    public double BaseW;
    public double BaseLMin;
    public double SuspectS;
    public double UnreadableS;

    /// <summary>For how long power was read and no temperature, s.</summary>
    public double BlindS;
    public double LimitOffS;
    public double CommandedLimitW;
    public bool CommandedLowClock;
    public double ClockOffS;
}

internal struct LineTrack
{
    public double OnS;

    /// <summary>An output that does not read back as commanded, s.</summary>
    public double OffS;
}
