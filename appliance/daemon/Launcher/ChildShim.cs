using System.Runtime.InteropServices;
using System.Text;

namespace Appliance.Daemon.Launcher;

/// <summary>
/// The moment between "started by the launcher" and "being the child": the kernel is told to kill this process when the launcher
/// dies however it dies, it leaves the terminal's foreground group so that Ctrl-C reaches the launcher alone, and becomes the program.
/// </summary>
internal static class ChildShim
{
    /// <summary>Not a verb for people: <c>appliance --become LAUNCHER-PID PROGRAM ARGUMENT…</c>.</summary>
    public const string Word = "--become";

    public static unsafe int Become(IReadOnlyList<string> args)
    {
        if (!int.TryParse(args[1], out var launcher))
            return Cli.ExitCode.Usage;
        if (LauncherInterop.prctl(LauncherInterop.PR_SET_PDEATHSIG, LauncherInterop.SIGKILL) != 0)
            return Failed("prctl");

        // The launcher may have died before the line above: then nobody will ever send the signal.
        if (LauncherInterop.getppid() != launcher)
            return Cli.ExitCode.Failed;
        _ = LauncherInterop.setpgid(0, 0);

        var words = args.Skip(2).Select(a => Encoding.UTF8.GetBytes(a + "\0")).ToArray();
        var vector = (byte**)NativeMemory.AllocZeroed((nuint)words.Length + 1, (nuint)sizeof(byte*));
        for (var i = 0; i < words.Length; i++)
        {
            vector[i] = (byte*)NativeMemory.Alloc((nuint)words[i].Length);
            words[i].CopyTo(new Span<byte>(vector[i], words[i].Length));
        }

        _ = LauncherInterop.execv(args[2], vector);
        return Failed($"execv {args[2]}");
    }

    private static int Failed(string call)
    {
        Console.Error.WriteLine($"appliance: {call}: errno {Marshal.GetLastPInvokeError()}");
        return Cli.ExitCode.Failed;
    }
}
