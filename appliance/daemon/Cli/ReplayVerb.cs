using Appliance.Health;
using Appliance.Health.Board;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary><c>appliance explain --board FILE</c>: which alarms a recorded board would have raised and cleared, and when. Needs no daemon.</summary>
internal static class ReplayVerb
{
    public static int Run(string file, Output output)
    {
        var looks = 0;
        try
        {
            foreach (var (at, change) in BoardRecord.Play(BoardRecord.Looks(File.ReadLines(file)).Select(Counted)))
                output.Line(Text(at, change, output.Screen));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return output.Fail(ExitCode.Failed, $"{file}: {e.Message}");
        }

        output.Line($"{looks} looks.");
        return ExitCode.Done;

        BoardLook Counted(BoardLook look)
        {
            looks++;
            return look;
        }
    }

    private static string Text(TimeSpan at, AlarmChange change, Screen screen)
    {
        var (word, alarm) = change switch
        {
            AlarmChange.Raised raised => ("raised", raised.Alarm),
            AlarmChange.Updated updated => ("changed", updated.Alarm),
            AlarmChange.Acknowledged seen => ("seen", seen.Alarm),
            AlarmChange.Cleared cleared => ("cleared", cleared.Alarm),
            _ => throw new System.Diagnostics.UnreachableException($"No word for {change.GetType().Name}."),
        };
        var what = $"{alarm.Code} {alarm.Target}";
        return $"{at.TotalSeconds,9:0.0} s  {word,-8}{(alarm.Severity == Severity.Critical ? screen.Bad(what) : screen.Warn(what))}  {alarm.Text}";
    }
}
