using System.Runtime.InteropServices;

namespace Appliance.Daemon.Launcher;

/// <summary>The libc calls between a launcher and its children; .NET can start a process but not tie its life to ours.</summary>
internal static partial class LauncherInterop
{
    internal const int PR_SET_PDEATHSIG = 1;
    internal const int SIGTERM = 15;
    internal const int SIGKILL = 9;

    private const string Library = "libc";

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int prctl(int option, nuint argument);

    [LibraryImport(Library)]
    internal static partial int getppid();

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setpgid(int pid, int group);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int kill(int pid, int signal);

    /// <summary>Returns only when it failed.</summary>
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static unsafe partial int execv(string path, byte** arguments);
}
