using System.Diagnostics;
using Appliance.Daemon.Launcher;
using Appliance.Hardware;

namespace Appliance.Daemon.Terminal;

/// <summary>
/// A verb of the command line that takes the console's screen for a while: the same words that somebody would type. What only root may do goes
/// through sudo, which asks for the person's own password and writes down who did what.
/// </summary>
/// <param name="Ask">A question whose answer's words follow the verb's; null for none.</param>
/// <param name="Root">Changes the machine.</param>
internal sealed record ScreenVerb(IReadOnlyList<string> Words, bool Root, string? Ask = null)
{
    /// <returns>Null for an action that the control socket or the console itself does.</returns>
    public static ScreenVerb? Of(ConsoleAction action, ConsoleWords words) => action switch
    {
        ConsoleAction.NetworkSet => new(["network", "set"], Root: true, words.NetworkAsk),
        ConsoleAction.NetworkConfirm => new(["network", "confirm"], Root: true),
        ConsoleAction.Certificates => new(["certificates"], Root: false),
        ConsoleAction.CertificatesRenew => new(["certificates", "renew"], Root: true),
        ConsoleAction.Models => new(["model"], Root: true),
        ConsoleAction.ModelUse => new(["model", "use"], Root: true, words.ModelAsk),
        ConsoleAction.ModelRestart => new(["model", "restart"], Root: true),
        ConsoleAction.Backup => new(["config", "backup"], Root: true),
        ConsoleAction.Restore => new(["config", "restore"], Root: true, words.RestoreAsk),
        _ => null,
    };

    /// <summary>The whole command: nothing passes a shell, so that an answer is words and never more.</summary>
    /// <returns>Null when the answer was empty: nothing is to be done.</returns>
    public IReadOnlyList<string>? Command(string? answer, bool isRoot, string program)
    {
        var more = (answer ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (Ask is not null && more.Length == 0)
            return null;
        string[] verb = [program, .. Words, .. more];
        return Root && !isRoot ? ["/usr/bin/sudo", "--", .. verb] : verb;
    }

    /// <summary>On a terminal in its ordinary state; returns when the person has read what was said.</summary>
    /// <returns>One line for the foot of the screen.</returns>
    public string Run(ConsoleWords words)
    {
        var answer = Ask is null ? null : Question(Ask);
        if (Command(answer, Accounts.IsRoot, Programs.PathOf("appliance")) is not { } command)
            return "";
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { UseShellExecute = false })!;
            process.WaitForExit();
            Question(words.Return);
            return process.ExitCode == 0 ? "ok" : $"{string.Join(' ', Words)}: {process.ExitCode}";
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return $"{command[0]}: {e.Message}";
        }
    }

    private static string? Question(string text)
    {
        Console.Out.Write($"{text}: ");
        Console.Out.Flush();
        return Console.In.ReadLine();
    }
}
