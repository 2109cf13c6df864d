using System.Runtime.InteropServices;

#if BMC_AGENT // which is compiled with this file and knows nothing else of the hardware
namespace BmcAgent;
#else
namespace Appliance.Hardware;
#endif

/// <summary>The libc calls behind <see cref="Footprint"/>.</summary>
internal static partial class FootprintInterop
{
    internal const int PR_SET_THP_DISABLE = 41;
    internal const int M_ARENA_MAX = -8;
    internal const int MADV_DONTNEED = 4;

    /// <summary>Linux 5.18: also where the pages are locked.</summary>
    internal const int MADV_DONTNEED_LOCKED = 24;

    private const string Library = "libc";

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int prctl(int option, nuint arg2, nuint arg3, nuint arg4, nuint arg5);

    [LibraryImport(Library)]
    internal static partial int mallopt(int parameter, int value);

    [LibraryImport(Library)]
    internal static partial int malloc_trim(nuint pad);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int madvise(nint address, nuint length, int advice);
}
