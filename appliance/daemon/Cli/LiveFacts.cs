using Appliance.Daemon.Control;
using Appliance.Guide;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>What an entry is about, as this box has it now. Read from the snapshot, never from a model.</summary>
internal static class LiveFacts
{
    public static IEnumerable<string> Of(GuideEntry entry, StatusReport report)
    {
        var snapshot = report.Snapshot;
        foreach (var code in entry.Covers.Where(c => c.StartsWith("alarm/", StringComparison.Ordinal)).Select(c => c["alarm/".Length..]))
        {
            var standing = snapshot.Alarms.Where(a => a.Code == code).ToArray();
            if (standing.Length == 0)
                yield return $"{code} does not stand on this box";
            foreach (var alarm in standing)
                yield return $"{alarm.Code} stands on {alarm.Target} for {Text.Span((report.Ts - alarm.RaisedAt).TotalSeconds)}: {AlarmsText.Said(alarm)}";
        }

        if (snapshot.Thermal is not { } thermal || Text.IsStale(thermal, report.Ts))
            yield break;
        if (Speaks(entry, "setpoint", "band", "coolant", "flow", "dew", "humidity", "heat", "room"))
            yield return $"coolant {Text.Celsius(thermal.CoolantSupplyC)}, {Text.Band(thermal)}; return {Text.Celsius(thermal.CoolantReturnC)}, flow {Text.Number(thermal.FlowLMin, "0.0")} L/min";
        if (Speaks(entry, "fan", "fans"))
            yield return $"fans: {Text.Rotors(thermal.Fans)}";
        if (Speaks(entry, "pump", "pumps"))
            yield return $"pumps: {Text.Rotors(thermal.Pumps)}";
        if (Speaks(entry, "leak", "level"))
            yield return $"{(thermal.Leak ? "a leak is seen or latched" : "no leak")}, level {Text.Number(thermal.LevelPercent)} %";
        if (Speaks(entry, "gpu", "power") && snapshot.Gpus.Count > 0)
            yield return $"GPUs: {snapshot.Gpus.Count(g => g.State == "ok")} of {snapshot.Gpus.Count} ok, {Text.Kilowatts(snapshot.Gpus.Sum(g => g.PowerW ?? 0))}, least margin {Text.Number(snapshot.Gpus.Min(g => g.MarginK))} K";
    }

    /// <summary>By the words of its id: ids are named for their subject.</summary>
    private static bool Speaks(GuideEntry entry, params string[] words) => entry.Id.Split('-').Intersect(words).Any();
}
