using System.Collections.Immutable;
using Appliance.Health.KernelLog;
using Appliance.Model;

namespace Appliance.Health.Board;

/// <summary>
/// What happened once and is not over: an XID is one line in a log, but the GPU stays broken until it is reset. Opens, joins and closes
/// incidents; immutable. An incident ends when what mends it has been seen (reset, reboot), or, where a person has to do something
/// that the box cannot see, when a person has taken it over and it has been quiet.
/// </summary>
public sealed record IncidentBook
{
    private const int EvidenceLimit = 6;
    private const int ClosedLimit = 256;
    private const int OpenLimit = 256;

    /// <summary>As often within <see cref="OffenderSpan"/> the same part is not mended by another reset.</summary>
    public const int OffenderLimit = 3;

    public static readonly TimeSpan OffenderSpan = TimeSpan.FromDays(7);

    private static readonly TimeSpan QuietWhenTaken = TimeSpan.FromMinutes(10);

    private static readonly string[] MendedByReset = [BoardAlarms.GpuResetNeeded, BoardAlarms.GpuResetDue, BoardAlarms.NvlinkFault];

    private static readonly string[] MendedByReboot =
        [.. MendedByReset, AlarmCatalogue.GpuLost, BoardAlarms.RebootNeeded, BoardAlarms.FabricDown, BoardAlarms.RdmaPortDown, BoardAlarms.PcieDegraded];

    /// <summary>What goes away by itself, and after how long without a further line.</summary>
    private static readonly Dictionary<string, TimeSpan> MendedByQuiet = new()
    {
        [BoardAlarms.RdmaPortErrors] = TimeSpan.FromHours(1),
        [BoardAlarms.RdmaPortDown] = TimeSpan.FromHours(1),
        [BoardAlarms.FabricDown] = TimeSpan.FromHours(1),
        [BoardAlarms.PcieDegraded] = TimeSpan.FromHours(24),
        [BoardAlarms.GpuSuspect] = TimeSpan.FromHours(48),
    };

    public ImmutableList<Incident> Open { get; init; } = [];

    public ImmutableList<Incident> Closed { get; init; } = [];

    /// <summary>The same alarm on the same part is one incident: the worse decides, the lines add up.</summary>
    public IncidentBook With(Incident incident)
    {
        var at = Open.FindIndex(i => i.Code == incident.Code && i.Target == incident.Target);
        if (at < 0)
            return this with { Open = (Open.Count < OpenLimit ? Open : Open.RemoveAt(0)).Add(incident) };
        var held = Open[at];
        var said = held.Evidence.Contains(incident.Evidence[0]) || held.Evidence.Count >= EvidenceLimit ? held.Evidence : held.Evidence.AddRange(incident.Evidence);
        return this with
        {
            Open = Open.SetItem(at, held with
            {
                Headline = incident.Headline.Contains('–') ? incident.Headline : held.Headline, // both ends of a link say more than one
                Action = FaultAction.Greater(incident.Action, held.Action),
                Severity = held.Severity > incident.Severity ? held.Severity : incident.Severity,
                Evidence = said,
                Count = held.Count + incident.Count,
                Last = incident.Last,
                Acknowledged = false,
            }),
        };
    }

    /// <summary>Takes back one thing that was said; an incident of which nothing is left was none.</summary>
    public IncidentBook Retract(string code, string target, string said)
    {
        var at = Open.FindIndex(i => i.Code == code && i.Target == target);
        if (at < 0 || !Open[at].Evidence.Contains(said))
            return this;
        var held = Open[at];
        return this with
        {
            Open = held.Evidence.Count == 1 && held.Count == 1
                ? Open.RemoveAt(at)
                : Open.SetItem(at, held with { Evidence = held.Evidence.Remove(said), Count = held.Count - 1 }),
        };
    }

    public IncidentBook Acknowledge(string code, string? target) => this with
    {
        Open = [.. Open.Select(i => i.Code == code && (target is null || i.Target == target) ? i with { Acknowledged = true } : i)],
    };

    /// <summary>The GPU was reset (or its driver loaded again): what a reset mends is over.</summary>
    public IncidentBook AfterReset(string target, DateTimeOffset now) => Close(
        i => MendedByReset.Contains(i.Code) && (i.Target == target || i.Target.StartsWith(target + "-", StringComparison.Ordinal)) && i.Last < now);

    /// <summary>Another boot: what a reboot mends is over, and what came before it stays in memory.</summary>
    public IncidentBook AfterReboot(string bootId) => Close(i => i.BootId != bootId && MendedByReboot.Contains(i.Code));

    public IncidentBook AfterTime(DateTimeOffset now) => Close(i =>
        (MendedByQuiet.TryGetValue(i.Code, out var quiet) && now - i.Last > quiet)
        || (i.Acknowledged && !MendedByReset.Contains(i.Code) && i.Code != AlarmCatalogue.GpuLost && now - i.Last > QuietWhenTaken));

    /// <summary>What stands, one finding each, and the parts that fail again and again.</summary>
    public IEnumerable<Finding> Findings(DateTimeOffset now)
    {
        foreach (var incident in Open)
            yield return new(incident.Code, incident.Target, incident.Text, incident.Severity, null, incident.Action);
        var grave = Open.Concat(Closed).Where(i => i.Code is BoardAlarms.GpuResetNeeded or AlarmCatalogue.GpuLost or BoardAlarms.NvlinkFault && now - i.Since < OffenderSpan);
        foreach (var part in grave.GroupBy(i => (i.Part, i.Target)).Where(g => g.Count() >= OffenderLimit))
        {
            yield return new(
                BoardAlarms.GpuFailing, part.Key.Target.Split('-')[0],
                $"{part.Key.Target} failed {part.Count()} times within 7 days ({string.Join(", ", part.Select(i => i.Headline).Distinct())}); each time a reset or reboot brought it back.",
                null, null, FaultAction.RunFieldDiagnostics);
        }
    }

    private IncidentBook Close(Predicate<Incident> over)
    {
        var closed = Open.FindAll(over);
        if (closed.Count == 0)
            return this;
        var kept = Closed.AddRange(closed);
        return this with { Open = Open.RemoveAll(over), Closed = kept.Count > ClosedLimit ? kept.RemoveRange(0, kept.Count - ClosedLimit) : kept };
    }
}
