using Appliance.Model;

namespace Appliance.Health.Board;

/// <summary>One fault, one alarm: findings about the same thing are joined, and what another finding explains is left out.</summary>
public static class Dependencies
{
    /// <summary>Targets that stand for every GPU.</summary>
    private static readonly string[] Everything = ["nvml", "gpus", "fabric", "loop"];

    public static IReadOnlyList<Finding> Settle(IEnumerable<Finding> found)
    {
        var joined = found.GroupBy(f => (f.Code, f.Target)).Select(Join).ToArray();
        return [.. joined.Where(f => AlarmCatalogue.Find(f.Code) is not { DependsOn: { Count: > 0 } causes }
            || !joined.Any(other => causes.Contains(other.Code) && other != f && Covers(other.Target, f.Target)))];
    }

    /// <summary>True where the part <paramref name="inner"/> is <paramref name="outer"/> or belongs to it.</summary>
    internal static bool Covers(string outer, string inner) =>
        outer == inner || inner.StartsWith(outer + "-", StringComparison.Ordinal) || Everything.Contains(outer);

    private static Finding Join(IGrouping<(string, string), Finding> same)
    {
        var all = same.OrderByDescending(f => f.Severity ?? AlarmCatalogue.Find(f.Code)?.Severity ?? Severity.Warning).ToArray();
        return all.Length == 1
            ? all[0]
            : all[0] with
            {
                Text = string.Join("; ", all.Select(f => f.Text.TrimEnd('.')).Distinct()) + ".",
                Action = all.Select(f => f.Action).Aggregate(KernelLog.FaultAction.Greater),
            };
    }
}
