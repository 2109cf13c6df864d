using System.Collections.Frozen;

namespace Appliance.Model;

/// <summary>The order in which alarms stand wherever they are listed: console, panel, Redfish.</summary>
public static class AlarmOrder
{
    /// <summary>What the box itself does because of another alarm: that one is what has to be mended.</summary>
    private static readonly FrozenSet<string> _consequences = FrozenSet.ToFrozenSet(["gpu_power_withheld", "engine_parked", "shut_down"]);

    public static bool IsConsequence(string code) => _consequences.Contains(code);

    /// <summary>Worst first; of those causes before what the box did because of them, then oldest first.</summary>
    public static IEnumerable<Alarm> Sorted(IEnumerable<Alarm> alarms) =>
        alarms.OrderByDescending(a => a.Severity).ThenBy(a => IsConsequence(a.Code)).ThenBy(a => a.RaisedAt);
}
