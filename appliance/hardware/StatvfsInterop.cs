using System.Runtime.InteropServices;

namespace Appliance.Hardware;

/// <summary>statvfs(3): .NET's DriveInfo knows no inodes.</summary>
internal static partial class StatvfsInterop
{
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct statvfs_t
    {
        internal ulong f_bsize;
        internal ulong f_frsize;
        internal ulong f_blocks;
        internal ulong f_bfree;
        internal ulong f_bavail;
        internal ulong f_files;
        internal ulong f_ffree;
        internal ulong f_favail;
        internal ulong f_fsid;
        internal ulong f_flag;
        internal ulong f_namemax;
        internal fixed int spare[6];
    }

    internal static unsafe bool Read(string path, out long size, out long free, out long inodes, out long freeInodes)
    {
        statvfs_t stat;
        var isRead = statvfs(path, &stat) == 0;
        (size, free, inodes, freeInodes) = isRead
            ? ((long)(stat.f_blocks * stat.f_frsize), (long)(stat.f_bavail * stat.f_frsize), (long)stat.f_files, (long)stat.f_favail)
            : default;
        return isRead;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statvfs(string path, statvfs_t* stat);
}
