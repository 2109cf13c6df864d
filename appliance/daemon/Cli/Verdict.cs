using Appliance.Daemon.Control;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>The box in one word and one sentence. The number is a Nagios plugin's exit code.</summary>
/// <param name="ExitCode">0 well, 1 warning, 2 critical, 3 unknown.</param>
internal sealed record Verdict(int ExitCode, string Word, string Sentence)
{
    public static Verdict Unknown(string sentence) => new(3, "UNKNOWN", sentence);

    public static Verdict Of(StatusReport report)
    {
        var thermal = report.Snapshot.Thermal;
        if (thermal is null)
            return Unknown("the control loop has not finished its first tick yet");
        if (Text.IsStale(thermal, report.Ts))
            return new(2, "CRITICAL", $"the control loop is silent for {Text.Span((report.Ts - thermal.Ts).TotalSeconds)}");
        var worst = report.Snapshot.Alarms.Where(a => a.Severity > Severity.Information).ToArray();
        if (worst.Length > 0)
        {
            var first = worst[0];
            var more = worst.Length > 1 ? $" and {worst.Length - 1} more" : "";
            return first.Severity == Severity.Critical
                ? new(2, "CRITICAL", $"{first.Code} {first.Target}{more}")
                : new(1, "WARNING", $"{first.Code} {first.Target}{more}");
        }

        if (thermal.Mode is "overheat" or "failsafe" or "shutdown")
            return new(thermal.Mode == "shutdown" ? 2 : 1, thermal.Mode == "shutdown" ? "CRITICAL" : "WARNING", $"the cooling is in mode {thermal.Mode}");
        var down = report.Processes.Where(p => p.State != "running").Select(p => p.Name).ToArray();
        if (down.Length > 0)
            return new(1, "WARNING", $"{string.Join(", ", down)} not running");
        return new(0, "OK", (thermal.Mode, report.Snapshot.Inference?.State) switch
        {
            ("boot", _) => "starting: full cooling until the box is known",
            ("manual", _) => "cooling is under manual control",
            (_, "ready") => "cooling and serving",
            (_, "loading") => "cooling; the model is loading",
            (_, null) => "cooling; the engine has not been heard of yet",
            (_, var other) => $"cooling; the engine is {other}",
        });
    }

    public string Paint(Screen screen) => ExitCode switch
    {
        0 => screen.Good($"● {Word}"),
        1 => screen.Warn($"▲ {Word}"),
        2 => screen.Bad($"✗ {Word}"),
        _ => screen.Warn($"○ {Word}"),
    };
}
