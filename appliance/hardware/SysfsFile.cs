using System.Buffers.Text;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Appliance.Hardware;

/// <summary>
/// One attribute file, opened once and read by pread at offset 0, as the kernel's ABI wants it: every read asks the driver again.
/// Nothing is allocated per access. On the twin the same files are ordinary ones; a writer overwrites in place with one pwrite, and a
/// reader takes the text up to the first newline, so a shorter value over a longer one is never misread.
/// </summary>
public sealed class SysfsFile : IDisposable
{
    private const int TextMax = 128;

    private readonly SafeFileHandle _handle;
    private int _fd;
    private int _written;

    private SysfsFile(int fd, string path)
    {
        _fd = fd;
        _handle = new(fd, ownsHandle: true);
        Path = path;
    }

    public string Path { get; }

    /// <summary>When the content was last written, by whomever: how the twin notices the daemon's writes.</summary>
    public DateTime WrittenAt => File.GetLastWriteTimeUtc(_handle);

    /// <summary>Opens for reading, and for writing where <paramref name="write"/> asks for it; null where it cannot be opened.</summary>
    public static SysfsFile? TryOpen(string path, bool write, out SysfsStatus status)
    {
        var fd = LibcInterop.open(path, (write ? LibcInterop.O_RDWR : LibcInterop.O_RDONLY) | LibcInterop.O_CLOEXEC, 0);
        if (fd < 0 && write && Marshal.GetLastPInvokeError() == 13)
            fd = LibcInterop.open(path, LibcInterop.O_WRONLY | LibcInterop.O_CLOEXEC, 0); // write-only attributes exist
        status = fd < 0 ? new(Marshal.GetLastPInvokeError()) : SysfsStatus.Ok;
        return fd < 0 ? null : new(fd, path);
    }

    /// <summary>Creates an ordinary file for the twin's tree (or opens it, kept content).</summary>
    public static SysfsFile Create(string path)
    {
        var fd = LibcInterop.open(path, LibcInterop.O_RDWR | LibcInterop.O_CREAT | LibcInterop.O_CLOEXEC, 0x1A4);
        return fd >= 0
            ? new(fd, path)
            : throw new IOException($"{path}: cannot be created: {new SysfsStatus(Marshal.GetLastPInvokeError())}.");
    }

    /// <summary>The text up to the first newline. An empty file is a device that went away (the kernel never answers nothing).</summary>
    public unsafe SysfsStatus TryReadText(Span<byte> buffer, out int length)
    {
        length = 0;
        if (_fd < 0)
            return new(LibcInterop.ENODEV);
        nint count;
        fixed (byte* to = buffer)
        {
            do
                count = LibcInterop.pread(_fd, to, (nuint)buffer.Length, 0);
            while (count < 0 && Marshal.GetLastPInvokeError() == LibcInterop.EINTR);
        }

        if (count < 0)
            return new(Marshal.GetLastPInvokeError());
        Debug.Assert(count <= buffer.Length);
        var text = buffer[..(int)count];
        var newline = text.IndexOf((byte)'\n');
        length = newline < 0 ? text.Length : newline;
        return length == 0 ? new(LibcInterop.ENODEV) : SysfsStatus.Ok;
    }

    /// <summary>As many bytes as there are and fit, newlines and all.</summary>
    public unsafe SysfsStatus TryReadAll(Span<byte> buffer, out int length)
    {
        length = 0;
        if (_fd < 0)
            return new(LibcInterop.ENODEV);
        nint count;
        fixed (byte* to = buffer)
            count = LibcInterop.pread(_fd, to, (nuint)buffer.Length, 0);
        if (count < 0)
            return new(Marshal.GetLastPInvokeError());
        length = (int)count;
        return SysfsStatus.Ok;
    }

    public SysfsStatus TryRead(out long value)
    {
        value = 0;
        Span<byte> buffer = stackalloc byte[TextMax];
        var status = TryReadText(buffer, out var length);
        if (!status.IsOk)
            return status;
        var text = buffer[..length].Trim((byte)' ');
        return Utf8Parser.TryParse(text, out value, out var used) && used == text.Length ? SysfsStatus.Ok : SysfsStatus.NotANumber;
    }

    public SysfsStatus TryWrite(long value)
    {
        Span<byte> buffer = stackalloc byte[24];
        var formatted = Utf8Formatter.TryFormat(value, buffer, out var length);
        Debug.Assert(formatted);
        buffer[length++] = (byte)'\n';
        return TryWriteText(buffer[..length]);
    }

    /// <summary>One pwrite at offset 0, then the file cut to length where an ordinary file held more.</summary>
    public unsafe SysfsStatus TryWriteText(ReadOnlySpan<byte> text)
    {
        if (_fd < 0)
            return new(LibcInterop.ENODEV);
        nint count;
        fixed (byte* from = text)
        {
            do
                count = LibcInterop.pwrite(_fd, from, (nuint)text.Length, 0);
            while (count < 0 && Marshal.GetLastPInvokeError() == LibcInterop.EINTR);
        }

        if (count < 0)
            return new(Marshal.GetLastPInvokeError());
        if (count != text.Length)
            return new(LibcInterop.EIO);
        if (text.Length != _written)
            _ = LibcInterop.ftruncate(_fd, text.Length); // sysfs ignores it; the readers' newline rule does not depend on it
        _written = text.Length;
        return SysfsStatus.Ok;
    }

    /// <summary>Leaves the file empty: how the twin says "this device is gone" to readers that hold it open.</summary>
    public void Empty()
    {
        _ = LibcInterop.ftruncate(_fd, 0);
        _written = 0;
    }

    public void Dispose()
    {
        _fd = -1;
        _handle.Dispose();
    }
}
