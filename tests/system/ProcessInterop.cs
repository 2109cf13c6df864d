using System.Runtime.InteropServices;

namespace SystemTests;

internal static partial class ProcessInterop
{
    internal const int SIGHUP = 1;
    internal const int SIGINT = 2;
    internal const int SIGKILL = 9;
    internal const int SIGTERM = 15;
    internal const int SIGCONT = 18;
    internal const int SIGSTOP = 19;

    internal const int RLIMIT_AS = 9;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int prlimit(int pid, int resource, in ResourceLimit limit, nint before);

    /// <summary>struct rlimit.</summary>
    internal readonly record struct ResourceLimit(ulong Soft, ulong Hard);
}
