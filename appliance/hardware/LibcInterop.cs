using System.Runtime.InteropServices;

namespace Appliance.Hardware;

/// <summary>
/// The libc calls behind sysfs, locking and pacing. FileStream and RandomAccess would do for the bytes, but they throw on the errors
/// that are ordinary here (a chip that went away answers ENODEV ten times a second), and an exception allocates.
/// </summary>
internal static partial class LibcInterop
{
    internal const int O_RDONLY = 0;
    internal const int O_WRONLY = 1;
    internal const int O_RDWR = 2;
    internal const int O_CREAT = 0x40;
    internal const int O_NONBLOCK = 0x800;
    internal const int O_CLOEXEC = 0x80000;

    internal const int ENOENT = 2;
    internal const int EINTR = 4;
    internal const int EIO = 5;
    internal const int EAGAIN = 11;
    internal const int ENXIO = 6;
    internal const int ENODEV = 19;
    internal const int EINVAL = 22;
    internal const int EPIPE = 32;

    internal const int CLOCK_MONOTONIC = 1;
    internal const int TIMER_ABSTIME = 1;

    internal const int SCHED_RR = 2;
    internal const int PRIO_PROCESS = 0;
    internal const int MCL_CURRENT = 1;
    internal const int MCL_FUTURE = 2;
    internal const int MCL_ONFAULT = 4;

    /// <summary>linux/watchdog.h: seconds until the reset.</summary>
    internal const nuint WDIOC_SETTIMEOUT = 0xC0045706;

    private const string Library = "libc";

    [StructLayout(LayoutKind.Sequential)]
    internal struct Timespec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags, int mode);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int close(int fd);

    [LibraryImport(Library, SetLastError = true)]
    internal static unsafe partial nint pread(int fd, byte* buffer, nuint count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    internal static unsafe partial nint pwrite(int fd, byte* buffer, nuint count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ioctl(int fd, nuint request, ref int value);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ftruncate(int fd, long length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int kill(int pid, int signal);

    /// <returns>The error number itself, not -1.</returns>
    [LibraryImport(Library)]
    internal static partial int clock_nanosleep(int clock, int flags, in Timespec request, nint remain);

    [LibraryImport(Library)]
    internal static partial int clock_gettime(int clock, out Timespec now);

    /// <param name="pid">0 is the calling thread.</param>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int sched_setscheduler(int pid, int policy, in int priority);

    /// <param name="who">0 is the calling thread; threads that it starts inherit.</param>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setpriority(int which, int who, int nice);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int mlockall(int flags);

    internal const short POLLIN = 1;

    internal const uint IN_MODIFY = 0x2;
    internal const uint IN_MOVED_TO = 0x80;
    internal const uint IN_CREATE = 0x100;

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollFd
    {
        internal int Fd;
        internal short Events;
        internal short Happened;
    }

    [LibraryImport(Library, SetLastError = true)]
    internal static unsafe partial nint read(int fd, byte* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    internal static unsafe partial nint write(int fd, byte* buffer, nuint count);

    /// <param name="timeoutMs">-1 waits for ever.</param>
    [LibraryImport(Library, SetLastError = true)]
    internal static unsafe partial int poll(PollFd* fds, nuint count, int timeoutMs);

    /// <param name="flags">EFD_CLOEXEC and EFD_NONBLOCK have the values of O_CLOEXEC and O_NONBLOCK.</param>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int eventfd(uint initial, int flags);

    /// <param name="flags">IN_CLOEXEC and IN_NONBLOCK have the values of O_CLOEXEC and O_NONBLOCK.</param>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int inotify_init1(int flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int inotify_add_watch(int fd, string path, uint mask);

    /// <summary>renameat2(2): the two names change places, or nothing happens.</summary>
    internal const uint RENAME_EXCHANGE = 2;

    /// <summary>Paths are absolute: no directory is meant.</summary>
    internal const int AT_FDCWD = -100;

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int renameat2(int olddirfd, string oldpath, int newdirfd, string newpath, uint flags);

    [LibraryImport(Library)]
    internal static partial void sync();
}
