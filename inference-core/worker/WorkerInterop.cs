using System.Runtime.InteropServices;

namespace InferenceCore.Worker;

/// <summary>The libc calls that tie a worker's life to its gateway's.</summary>
internal static partial class WorkerInterop
{
    internal const int PR_SET_PDEATHSIG = 1;
    internal const int SIGKILL = 9;

    private const string Library = "libc";

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int prctl(int option, nuint argument);

    [LibraryImport(Library)]
    internal static partial int getppid();
}
