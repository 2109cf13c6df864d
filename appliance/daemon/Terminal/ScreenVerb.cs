using System.Diagnostics;
using Appliance.Daemon.Launcher;
using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Daemon.Terminal;

/// <summary>
/// A verb of the command line that takes the console's screen for a while: the same words that somebody would type. What only root may do goes
/// through sudo, which asks for the person's own password and writes down who did what.
/// </summary>
/// <param name="Needs">The action of the table of roles that it takes; null where everybody may.</param>
/// <param name="Ask">A question whose answer's words follow the verb's; null for none.</param>
internal sealed record ScreenVerb(IReadOnlyList<string> Words, string? Needs, string? Ask = null)
{
    private const string Settings = "settings";

    /// <summary>Changes the machine: root's, on a box.</summary>
    public bool Root { get; init; } = Needs is not null;

    /// <returns>Null for an action that the control socket or the console itself does.</returns>
    public static ScreenVerb? Of(ConsoleAction action, ConsoleWords words, RunPaths paths) => action switch
    {
        ConsoleAction.Commission => paths == RunPaths.Box
            ? new(["commission", "--stop-control"], "commission")
            : new(["commission", "--run-dir", paths.Sockets], Needs: null), // a twin is whose it is, and its control plane the launcher's
        ConsoleAction.NetworkSet => new(["network", "set"], Settings, words.NetworkAsk),
        ConsoleAction.NetworkConfirm => new(["network", "confirm"], Settings),
        ConsoleAction.Certificates => new(["certificates"], Needs: null),
        ConsoleAction.CertificatesRenew => new(["certificates", "renew"], Settings),
        ConsoleAction.Models => new(["model"], Settings),
        ConsoleAction.ModelUse => new(["model", "use"], Settings, words.ModelAsk),
        ConsoleAction.ModelRestart => new(["model", "restart"], Settings),
        ConsoleAction.Backup => new(["config", "backup"], Settings),
        ConsoleAction.Restore => new(["config", "restore"], Settings, words.RestoreAsk),
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
