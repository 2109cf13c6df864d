using Appliance.Daemon.Control;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>The box in one word and one sentence. The number is a Nagios plugin's exit code.</summary>
/// <param name="ExitCode">0 well, 1 warning, 2 critical, 3 unknown.</param>
internal sealed record Verdict(int ExitCode, string Word, string Sentence)
{
    public static Verdict Unknown(string sentence) => new(3, VerdictWords.English.Word[3], sentence);

    public static Verdict Of(StatusReport report) => Of(report, VerdictWords.English);

    public static Verdict Of(StatusReport report, VerdictWords words)
    {
        Verdict Is(int code, string sentence) => new(code, words.Word[code], sentence);
        var thermal = report.Snapshot.Thermal;
        if (thermal is null)
            return Is(3, words.NoTick);
        if (Text.IsStale(thermal, report.Ts))
            return Is(2, string.Format(null, words.Silent, words.Span((report.Ts - thermal.Ts).TotalSeconds)));
        var worst = report.Snapshot.Alarms.Where(a => a.Severity > Severity.Information).ToArray();
        if (worst.Length > 0)
        {
            var more = worst.Length > 1 ? string.Format(null, words.More, worst.Length - 1) : "";
            return Is(worst[0].Severity == Severity.Critical ? 2 : 1, words.Alarm(worst[0]) + more);
        }

        if (thermal.Mode is "overheat" or "failsafe" or "shutdown")
            return Is(thermal.Mode == "shutdown" ? 2 : 1, string.Format(null, words.Mode, words.State(thermal.Mode)));
        var down = report.Processes.Where(p => p.State != "running").Select(p => p.Name).ToArray();
        return down.Length > 0 ? Is(1, string.Format(null, words.Down, string.Join(", ", down))) : Is(0, Well(thermal.Mode, report.Snapshot.Inference?.State, words));
    }

    private static string Well(string mode, string? engine, VerdictWords words) => (mode, engine) switch
    {
        ("boot", _) => words.Boot,
        ("manual", _) => words.Manual,
        (_, "ready") => words.Serving,
        (_, "loading") => words.Loading,
        (_, null) => words.NoEngine,
        (_, var other) => string.Format(null, words.Engine, words.State(other)),
    };

    public string Paint(Screen screen) => ExitCode switch
    {
        0 => screen.Good($"● {Word}"),
        1 => screen.Warn($"▲ {Word}"),
        2 => screen.Bad($"✗ {Word}"),
        _ => screen.Warn($"○ {Word}"),
    };
}
