using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Appliance.Hardware;

/// <summary><c>/dev/kmsg</c>: each read is one record; EPIPE says that the ring has overwritten the one that would have been next.</summary>
internal sealed class KernelLogDevice : IKernelLogSource
{
    /// <summary>The kernel refuses a smaller buffer with EINVAL (CONSOLE_EXT_LOG_MAX).</summary>
    private const int RecordMax = 8192;

    private readonly SafeFileHandle _handle;
    private readonly ReadCall _read;
    private readonly byte[] _buffer = new byte[RecordMax];

    /// <param name="fd">Owned from now on.</param>
    /// <param name="read">read(2), or what stands in for it where there is no kernel to overrun.</param>
    internal KernelLogDevice(int fd, ReadCall read)
    {
        PollFd = fd;
        _read = read;
        _handle = new(fd, ownsHandle: true);
    }

    internal unsafe delegate nint ReadCall(int fd, byte* buffer, nuint count);

    public int PollFd { get; }

    public static unsafe KernelLogDevice? TryOpen(string path, out SysfsStatus status)
    {
        var fd = LibcInterop.open(path, LibcInterop.O_RDONLY | LibcInterop.O_NONBLOCK | LibcInterop.O_CLOEXEC, 0);
        status = fd < 0 ? new(Marshal.GetLastPInvokeError()) : SysfsStatus.Ok;
        return fd < 0 ? null : new(fd, LibcInterop.read);
    }

    public unsafe bool TryRead(out ReadOnlySpan<byte> record)
    {
        while (true)
        {
            nint count;
            fixed (byte* to = _buffer)
                count = _read(PollFd, to, (nuint)_buffer.Length);
            record = count > 0 ? _buffer.AsSpan(0, (int)count) : default;
            if (count > 0)
                return true;
            var error = count == 0 ? LibcInterop.EIO : Marshal.GetLastPInvokeError();
            if (error == LibcInterop.EAGAIN)
                return false;
            if (error is not (LibcInterop.EINTR or LibcInterop.EPIPE))
                throw new IOException($"the kernel log cannot be read: {new SysfsStatus(error)}.");
        }
    }

    public void Dispose() => _handle.Dispose();
}
