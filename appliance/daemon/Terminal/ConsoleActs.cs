using System.Diagnostics;
using System.Text.Json;
using Appliance.Daemon.Bundle;
using Appliance.Daemon.Cli;
using Appliance.Daemon.Control;
using Appliance.Model;

namespace Appliance.Daemon.Terminal;

/// <summary>
/// What the console's actions do beside those that take its screen: a question to the control socket, which decides who may, or a piece of work that
/// goes on beside the screen.
/// </summary>
internal sealed class ConsoleActs(BoxClient box, BundlePlaces places, TimeProvider time)
{
    /// <returns>One line for the foot of the screen.</returns>
    public Task<string> AskAsync(ConsoleAction action, string answer, StatusReport? report, CancellationToken cancel) => action switch
    {
        ConsoleAction.FansFull => SayAsync(box.DriveAsync(100, null, cancel)),
        ConsoleAction.FansAt when ConsolePrompt.Drive.TryParse(answer) is { } drive => SayAsync(box.DriveAsync(drive.Percent, drive.Minutes, cancel)),
        ConsoleAction.Automatic => SayAsync(box.DriveAutomaticallyAsync(cancel)),
        ConsoleAction.AcknowledgeAll => AcknowledgeAllAsync(report?.Snapshot.Alarms ?? [], cancel),
        ConsoleAction.Reset => AskAsync("reset", null, cancel),
        ConsoleAction.LocateOn => AskAsync("locate", json => json.WriteBoolean("on", true), cancel),
        ConsoleAction.LocateOff => AskAsync("locate", json => json.WriteBoolean("on", false), cancel),
        ConsoleAction.Reboot => AskAsync("reboot", null, cancel),
        ConsoleAction.PowerOff => AskAsync("power-off", null, cancel),
        _ => throw new UnreachableException($"{action} asks nothing of the control socket, or not with {answer}."),
    };

    public Task<string> AcknowledgeAsync(string code, string target, CancellationToken cancel) =>
        AskAsync("acknowledge", json => { json.WriteString("code", code); json.WriteString("target", target); }, cancel);

    /// <returns>Null for an action that is done at once.</returns>
    public ConsoleWork? Begin(ConsoleAction action, string answer, ConsoleWords words, CancellationToken cancel)
    {
        Func<Output, CancellationToken, Task<int>>? verb = action switch
        {
            ConsoleAction.ServiceFan => (output, stop) => ServiceVerb.FanAsync(box, answer, words.Service, output, time, stop),
            ConsoleAction.ServiceDrain => (output, stop) => ServiceVerb.CoolantAsync(box, filled: false, words.Service, output, time, stop),
            ConsoleAction.ServiceFilled => (output, stop) => ServiceVerb.CoolantAsync(box, filled: true, words.Service, output, time, stop),
            ConsoleAction.Bundle => (output, stop) => DumpVerb.RunAsync(box, answer, places, output, time, stop),
            _ => null,
        };
        var title = action is ConsoleAction.ServiceFan ? $"{words.Actions[(int)action]}: {answer}" : words.Actions[(int)action];
        return verb is null ? null : new(action, title, verb, unicode: words.Language != "en", time, cancel);
    }

    /// <summary>What the control socket does not see is held to the same table here, as the verbs' own command line does.</summary>
    /// <returns>One line; null when this person may.</returns>
    public string? Refusal(string? needs)
    {
        if (needs is null || box.Paths != RunPaths.Box)
            return null;
        var (role, who) = Hardware.Accounts.RoleOf(Hardware.Accounts.OwnUid);
        return RoleTable.Refusal(role, needs, who);
    }

    public static string? NeedOf(ConsoleAction action) => action switch
    {
        ConsoleAction.ServiceFan or ConsoleAction.ServiceDrain or ConsoleAction.ServiceFilled => "service",
        ConsoleAction.Bundle => "dump",
        _ => null,
    };

    private Task<string> AskAsync(string verb, Action<Utf8JsonWriter>? args, CancellationToken cancel) => SayAsync(box.AskAsync(verb, args, cancel));

    private static async Task<string> SayAsync(Task asked)
    {
        try
        {
            await asked.ConfigureAwait(false);
            return "ok";
        }
        catch (BoxClientException e)
        {
            return e.Message;
        }
    }

    private async Task<string> AcknowledgeAllAsync(IReadOnlyList<Alarm> alarms, CancellationToken cancel)
    {
        var said = "ok";
        foreach (var alarm in alarms.Where(a => !a.Acknowledged))
            said = await AcknowledgeAsync(alarm.Code, alarm.Target, cancel).ConfigureAwait(false);
        return said;
    }
}
