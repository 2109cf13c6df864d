using Appliance.Model;
using Appliance.Twin;

namespace Appliance.Daemon.Simulation;

/// <summary>What the plant must be brought to.</summary>
public enum RequiredState
{
    /// <summary>Coolant stays at or below 40 °C and the GPUs keep working.</summary>
    Hold,

    /// <summary>As Hold, but GPU power may be limited as far as the row allows.</summary>
    Limited,

    /// <summary>All GPUs together at most at near idle within the deadline, or off.</summary>
    NearIdle,

    /// <summary>GPUs without power within the deadline.</summary>
    Off,

    /// <summary>GPUs without power, no flow and the loop shut within the deadline.</summary>
    Isolated,

    /// <summary>The one GPU of the fault at or below its lowest limit within the deadline; the coolant holds.</summary>
    GpuHeldBack,
}

/// <summary>A row of the fault table: what breaks, what must be true of the plant afterwards, and by when.</summary>
/// <param name="DeadlineS">From the fault to the required state.</param>
/// <param name="MaxDieC">Highest die temperature allowed at any time.</param>
/// <param name="MaxSupplyC">Highest coolant supply allowed at any time.</param>
/// <param name="WithheldWhMax">
/// GPU energy that may be withheld within the ten minutes after the fault, beyond what physics takes from this plant as broken as it then is
/// (<see cref="FaultScore.ForcedWh"/>; nothing on a plant that can still hold the coolant).
/// </param>
/// <param name="Unattended">
/// No software reaches fans and pumps: the chips' watchdogs put them to full, and on that way nobody can keep the hottest coolant of the
/// loop from passing the exchanger at full flow. Coolant may get as hot as that makes it, and not hotter.
/// </param>
/// <param name="ChangeoverS">From the pump's stop to the other one's command having taken over; null where no pump has to take over.</param>
/// <param name="DewMarginK">Least distance of any surface to the room's dew point at any time, both as they truly are.</param>
/// <param name="TripAllowed">False: parking or switching off would be a nuisance trip.</param>
public sealed record FaultRow(
    string Id,
    string What,
    IReadOnlyList<ScenarioFault> Faults,
    RequiredState Required,
    double DeadlineS,
    double MaxDieC = 87,
    double MaxSupplyC = 40,
    double WithheldWhMax = 0,
    bool TripAllowed = false,
    double LoadW = 700,
    string Cooling = "liquid-to-air",
    bool Unattended = false,
    double? ChangeoverS = null,
    double DewMarginK = HumidAir.DewMarginK);

/// <summary>How a row went on one plant.</summary>
/// <param name="MaxSupplyC">What this plant was allowed; above the row's where the row is unattended.</param>
/// <param name="MaxWithheldWh">What was allowed on this plant, with what physics forces.</param>
/// <param name="ForcedWh">Offline minimum: what no controller with these sensors could have left to the GPUs.</param>
/// <param name="DewMarginK">Least distance of the coolest surface to the room's dew point.</param>
/// <param name="ChangeoverS">Where a pump has to take over: when the plant was told enough.</param>
/// <param name="FlowBackS">The same for the flow itself: a rotor has to spin up.</param>
/// <param name="Best">Of a row that was missed: the best that anybody could have done who knew everything; null where nobody has searched.</param>
public sealed record FaultResult(
    string Row, int Seed, bool Passed, string Why, double? ReachedS, double PeakDieC, double PeakSupplyC, double WithheldWh, int Trips, double SelfThrottledS,
    double MaxSupplyC, double MaxWithheldWh, double ForcedWh, double DewMarginK, double? ChangeoverS = null, double? FlowBackS = null, FaultBest? Best = null)
{
    /// <summary>Missed, and so it is by the best plan that knows the plant, the fault and the future from the fault's first instant.</summary>
    public bool BeyondPhysics => !Passed && Best is { Inside: false };
}

/// <summary>The best plan found for a row on a plant.</summary>
/// <param name="Inside">It keeps the plant inside the row's limits.</param>
/// <param name="Plan">Pump duty and power of each GPU, stage by stage.</param>
/// <param name="Tried">Plans that were played.</param>
public sealed record FaultBest(bool Inside, string Why, double PeakDieC, double PeakSupplyC, double WithheldWh, string Plan, int Tried);
