using Appliance.Model;

namespace Appliance.Thermal;

/// <summary>
/// All that one tick hands to the next. A plain value: copying it is a snapshot, and the same state with the same input gives
/// the same next state (that is how a flight record is replayed). About 10 kB, copied in well under a microsecond.
/// </summary>
public struct ThermalState
{
    public EstimatorState Estimator;
    public ControllerState Controller;

    /// <summary>Cold start: everything at full until the box is known, unless <paramref name="kept"/> says what was learnt.</summary>
    public static ThermalState Boot(ThermalSettings settings, ThermalCheckpoint? kept = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new()
        {
            Estimator = new() { LeakLatched = kept?.LeakLatched ?? false },
            Controller = new() { Trim = kept?.Trim ?? 0 },
        };
    }

    /// <summary>What is worth keeping over a restart; write it to disk at most once a second, at once when a latch closes.</summary>
    public readonly ThermalCheckpoint Checkpoint() => new() { LeakLatched = Estimator.LeakLatched, Trim = Controller.Trim };
}

/// <summary>What survives a restart: latches and what was learnt about this box.</summary>
public sealed record ThermalCheckpoint
{
    public bool LeakLatched { get; init; }

    public double Trim { get; init; }
}

public struct EstimatorState
{
    internal TimeSpan At;
    internal bool LeakLatched;
}

public struct ControllerState
{
    internal TimeSpan At;
    internal bool Started;
    internal double Trim;
    internal double FanFraction;
}

/// <summary>One tick's result.</summary>
public struct ThermalTick
{
    public ThermalState State;
    public Estimate Estimate;
    public ThermalCommands Commands;
}
