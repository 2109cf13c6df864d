using System.Collections.Immutable;
using Appliance.Health.Board;
using Appliance.Model;

namespace Appliance.Health;

/// <summary>
/// The alarms that stand, and the conditions that are on their way to be one. Immutable; <see cref="Step"/> folds the findings
/// of one moment into it. Hysteresis in time is the catalogue's (raise after, clear after); hysteresis in value is the rules'.
/// </summary>
public sealed record AlarmBook
{
    /// <summary>A standing alarm's text is refreshed at most this often: an alarm is not a telemetry channel.</summary>
    public static readonly TimeSpan TextRefresh = TimeSpan.FromSeconds(30);

    private ImmutableSortedDictionary<(string Code, string Target), Entry> Entries { get; init; } =
        ImmutableSortedDictionary<(string Code, string Target), Entry>.Empty;

    public static AlarmBook Empty { get; } = new();

    /// <summary>
    /// The book of an earlier life of the daemon: what stood then stands, as it was seen and latched, until the rules confirm it or have had the time
    /// to find it again (<see cref="AlarmKind.KnownAfter"/>, <see cref="AlarmKind.KnownAfterBoot"/>) and did not.
    /// </summary>
    /// <param name="stood">What stood.</param>
    /// <param name="rebooted">The machine has been started anew since.</param>
    /// <exception cref="ArgumentException">A code is not in the catalogue.</exception>
    public static AlarmBook Of(IEnumerable<Alarm> stood, bool rebooted = false)
    {
        var entries = Empty.Entries.ToBuilder();
        foreach (var alarm in stood)
        {
            var kind = AlarmCatalogue.Get(alarm.Code);
            var known = rebooted && kind.KnownAfter > AlarmKind.KnownAfterBoot ? AlarmKind.KnownAfterBoot : kind.KnownAfter;
            entries[(kind.Code, alarm.Target)] = new Entry(TimeSpan.Zero, null, alarm, TimeSpan.Zero) { FoundWithin = known };
        }

        return new() { Entries = entries.ToImmutable() };
    }

    /// <summary>In the order of <see cref="AlarmOrder"/>.</summary>
    public IReadOnlyList<Alarm> Standing => [.. AlarmOrder.Sorted(Entries.Values.Where(e => e.Alarm is not null).Select(e => e.Alarm!))];

    public bool IsStanding(string code, string target) => Entries.TryGetValue((code, target), out var entry) && entry.Alarm is not null;

    /// <summary>Folds the findings of one moment. The same finding twice counts once, the worse one.</summary>
    /// <exception cref="ArgumentException">A finding's code is not in the catalogue: a broken promise of the caller.</exception>
    public static AlarmStep Step(AlarmBook book, IReadOnlyList<Finding> findings, Moment now)
    {
        var entries = book.Entries.ToBuilder();
        var changes = ImmutableArray.CreateBuilder<AlarmChange>();
        var held = new HashSet<(string, string)>();
        foreach (var finding in findings.OrderByDescending(f => SeverityOf(f, AlarmCatalogue.Get(f.Code))))
        {
            if (held.Add((finding.Code, finding.Target)))
                Hold(entries, finding, AlarmCatalogue.Get(finding.Code), now, changes);
        }

        foreach (var key in book.Entries.Keys.Where(k => !held.Contains(k)))
        {
            var kind = AlarmCatalogue.Get(key.Code);
            Release(entries, key, kind, IsExplained(entries, kind, key.Target) ? TimeSpan.Zero : GoneFor(book.Entries[key], kind), now, changes);
        }

        return new(book with { Entries = entries.ToImmutable() }, changes.ToImmutable());
    }

    /// <summary>Marks standing alarms as seen by a person. Without <paramref name="target"/> every alarm of the code.</summary>
    /// <returns>No changes when nothing of that name stands unacknowledged.</returns>
    public static AlarmStep Acknowledge(AlarmBook book, string code, string? target)
    {
        var entries = book.Entries.ToBuilder();
        var changes = ImmutableArray.CreateBuilder<AlarmChange>();
        foreach (var (key, entry) in book.Entries)
        {
            if (key.Code != code || (target is not null && key.Target != target) || entry.Alarm is not { Acknowledged: false } alarm)
                continue;
            var seen = alarm with { Acknowledged = true };
            entries[key] = entry with { Alarm = seen };
            changes.Add(new AlarmChange.Acknowledged(seen));
        }

        return new(book with { Entries = entries.ToImmutable() }, changes.ToImmutable());
    }

    private static TimeSpan GoneFor(Entry entry, AlarmKind kind) => entry.FoundWithin is { } known && known > kind.ClearAfter ? known : kind.ClearAfter;

    private static Severity SeverityOf(Finding finding, AlarmKind kind) => finding.Severity ?? kind.Severity;

    private static void Hold(
        ImmutableSortedDictionary<(string Code, string Target), Entry>.Builder entries,
        Finding finding,
        AlarmKind kind,
        Moment now,
        ImmutableArray<AlarmChange>.Builder changes)
    {
        var key = (finding.Code, finding.Target);
        var severity = SeverityOf(finding, kind);
        var entry = entries.TryGetValue(key, out var known) ? known with { GoneSince = null } : new Entry(now.Uptime, null, null, now.Uptime);
        if (entry.FoundWithin is not null) // its text is refreshed in time, not with every start
            entry = entry with { FoundWithin = null, ChangedAt = now.Uptime };
        if (entry.Alarm is not { } alarm)
        {
            if (now.Uptime - entry.HeldSince >= kind.RaiseAfter)
            {
                var raised = new Alarm(finding.Code, finding.Target, severity, finding.Text, finding.NextStep ?? kind.NextStep, now.Utc);
                entry = entry with { Alarm = raised, ChangedAt = now.Uptime };
                changes.Add(new AlarmChange.Raised(raised));
            }
        }
        else if (alarm.Severity != severity || (alarm.Text != finding.Text && now.Uptime - entry.ChangedAt >= TextRefresh))
        {
            // What got worse wants to be seen again, however often its milder form was acknowledged.
            var updated = alarm with
            {
                Severity = severity,
                Text = finding.Text,
                Acknowledged = alarm.Acknowledged && severity <= alarm.Severity,
            };
            entry = entry with { Alarm = updated, ChangedAt = now.Uptime };
            changes.Add(new AlarmChange.Updated(updated));
        }

        entries[key] = entry;
    }

    /// <summary>Its cause stands by now: two alarms for one fault would only be one until the milder had timed out.</summary>
    private static bool IsExplained(ImmutableSortedDictionary<(string Code, string Target), Entry>.Builder entries, AlarmKind kind, string target) =>
        kind.DependsOn.Count > 0 && entries.Any(e => e.Value.Alarm is not null && kind.DependsOn.Contains(e.Key.Code)
            && e.Key != (kind.Code, target) && Dependencies.Covers(e.Key.Target, target)); // a driver explains its GPUs and not itself

    private static void Release(
        ImmutableSortedDictionary<(string Code, string Target), Entry>.Builder entries,
        (string Code, string Target) key,
        AlarmKind kind,
        TimeSpan clearAfter,
        Moment now,
        ImmutableArray<AlarmChange>.Builder changes)
    {
        var entry = entries[key];
        var gone = entry.GoneSince ?? now.Uptime;
        if (entry.Alarm is not { } alarm)
        {
            entries.Remove(key);
        }
        else if (now.Uptime - gone >= clearAfter && (!kind.Latches || alarm.Acknowledged))
        {
            entries.Remove(key);
            changes.Add(new AlarmChange.Cleared(alarm));
        }
        else
        {
            entries[key] = entry with { GoneSince = gone };
        }
    }

    /// <param name="HeldSince">Uptime the condition began.</param>
    /// <param name="GoneSince">Uptime since which it does not hold any more; null while it holds.</param>
    /// <param name="Alarm">Null while the condition is too young to be an alarm.</param>
    private sealed record Entry(TimeSpan HeldSince, TimeSpan? GoneSince, Alarm? Alarm, TimeSpan ChangedAt)
    {
        /// <summary>Taken up at a start and not confirmed by the rules yet: how long they have to find it again. Null for any other.</summary>
        public TimeSpan? FoundWithin { get; init; }
    }
}

/// <summary>The book after a step, and what the step changed.</summary>
public sealed record AlarmStep(AlarmBook Book, ImmutableArray<AlarmChange> Changes);
