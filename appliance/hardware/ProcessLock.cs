using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Appliance.Hardware;

/// <summary>
/// One writer per actuator, also between processes: the daemon holds this lock for as long as it lives, and the kernel releases it with
/// the process, however that ends. The file keeps the holder's process id for the error message of the second.
/// </summary>
public sealed class ProcessLock : IDisposable
{
    private int _fd;

    private ProcessLock(int fd) => _fd = fd;

    /// <returns>Null when somebody else holds it; then <paramref name="holder"/> names the process.</returns>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static unsafe ProcessLock? TryTake(string path, out int? holder)
    {
        holder = null;
        var fd = LibcInterop.open(path, LibcInterop.O_RDWR | LibcInterop.O_CREAT | LibcInterop.O_CLOEXEC, 0x1A4);
        if (fd < 0)
            throw new IOException($"{path}: cannot be opened: {new SysfsStatus(Marshal.GetLastPInvokeError())}.");
        var text = stackalloc byte[16];
        if (LibcInterop.flock(fd, LibcInterop.LOCK_EX | LibcInterop.LOCK_NB) != 0)
        {
            var count = LibcInterop.pread(fd, text, 16, 0);
            holder = int.TryParse(Encoding.ASCII.GetString(text, (int)Math.Max(0, count)).Trim(), out var id) ? id : null;
            _ = LibcInterop.close(fd);
            return null;
        }

        var own = Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n";
        var length = Encoding.ASCII.GetBytes(own, new Span<byte>(text, 16));
        _ = LibcInterop.ftruncate(fd, 0);
        _ = LibcInterop.pwrite(fd, text, (nuint)length, 0);
        return new(fd);
    }

    public void Dispose()
    {
        if (_fd >= 0)
            _ = LibcInterop.close(_fd);
        _fd = -1;
    }
}
