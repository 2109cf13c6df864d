using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Appliance.Hardware;

/// <summary>Two folders of one file system change places in one step that a power cut cannot divide.</summary>
public static class FolderExchange
{
    /// <exception cref="IOException">They did not: the message says which and why.</exception>
    public static void Swap(string one, string other)
    {
        LibcInterop.sync(); // what is swapped in is whole on the disk first
        if (LibcInterop.renameat2(LibcInterop.AT_FDCWD, Path.GetFullPath(one), LibcInterop.AT_FDCWD, Path.GetFullPath(other), LibcInterop.RENAME_EXCHANGE) != 0)
            throw new IOException($"{one} and {other} cannot change places: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        LibcInterop.sync();
    }
}
