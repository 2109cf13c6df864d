using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Appliance.Hardware;

/// <summary>An eventfd: what another thread pulls to get a thread out of poll.</summary>
internal sealed class WakeSignal : IDisposable
{
    private readonly SafeFileHandle _handle;

    public WakeSignal()
    {
        Fd = LibcInterop.eventfd(0, LibcInterop.O_CLOEXEC | LibcInterop.O_NONBLOCK);
        if (Fd < 0)
            throw new IOException($"eventfd failed: {new SysfsStatus(Marshal.GetLastPInvokeError())}.");
        _handle = new(Fd, ownsHandle: true);
    }

    public int Fd { get; }

    public unsafe void Pull()
    {
        var one = 1L;
        _ = LibcInterop.write(Fd, (byte*)&one, sizeof(long));
    }

    public void Dispose() => _handle.Dispose();
}
