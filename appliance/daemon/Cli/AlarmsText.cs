using Appliance.Health;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>The standing alarms, worst first, each with its meaning and its next step.</summary>
internal static class AlarmsText
{
    public static IEnumerable<string> Lines(IReadOnlyList<Alarm> alarms, DateTimeOffset now, Screen screen)
    {
        if (alarms.Count == 0)
            yield return "No alarm stands.";
        foreach (var alarm in alarms)
        {
            var seen = alarm.Acknowledged ? screen.Faint(", acknowledged") : "";
            yield return $"{Mark(alarm, screen)} {screen.Strong($"{alarm.Code} {alarm.Target}")}  {Word(alarm)}, for {Text.Span((now - alarm.RaisedAt).TotalSeconds)}{seen}";
            yield return $"    {alarm.Text}";
            if (AlarmCatalogue.Find(alarm.Code) is { } kind)
                yield return $"    {screen.Faint(kind.Meaning)}";
            yield return $"    → {alarm.NextStep}";
        }

        if (alarms.Any(a => !a.Acknowledged))
        {
            yield return "";
            yield return screen.Faint($"Seen? appliance alarms ack {alarms.First(a => !a.Acknowledged).Code} {alarms.First(a => !a.Acknowledged).Target}");
        }
    }

    /// <summary>The alarm's sentence with its target in front, once.</summary>
    public static string Said(Alarm alarm) =>
        alarm.Text.Contains(alarm.Target, StringComparison.Ordinal) ? alarm.Text : $"{alarm.Target}: {alarm.Text}";

    public static string Mark(Alarm alarm, Screen screen) => alarm.Severity switch
    {
        Severity.Critical => screen.Bad("✗"),
        Severity.Warning => screen.Warn("▲"),
        _ => screen.Faint("·"),
    };

    private static string Word(Alarm alarm) => alarm.Severity switch
    {
        Severity.Critical => "critical",
        Severity.Warning => "warning",
        _ => "for information",
    };
}
