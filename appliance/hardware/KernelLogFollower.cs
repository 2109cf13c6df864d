using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Appliance.Hardware;

/// <summary>
/// The twin's kernel log: a file of kmsg records, one a line, that grows. inotify wakes the reader, as the kernel's poll does; a file that
/// became shorter is a new one and read from its beginning.
/// </summary>
internal sealed class KernelLogFollower : IKernelLogSource
{
    private readonly SafeFileHandle _notify;
    private readonly string _path;
    private readonly List<byte> _pending = [];
    private byte[] _record = [];
    private int _at;
    private long _offset;

    private KernelLogFollower(int notify, string path)
    {
        PollFd = notify;
        _notify = new(notify, ownsHandle: true);
        _path = path;
    }

    public int PollFd { get; }

    /// <returns>Null where the folder is not there (yet).</returns>
    public static KernelLogFollower? TryOpen(string path, out SysfsStatus status)
    {
        var fd = LibcInterop.inotify_init1(LibcInterop.O_CLOEXEC | LibcInterop.O_NONBLOCK);
        if (fd >= 0)
        {
            var follower = new KernelLogFollower(fd, path);
            if (LibcInterop.inotify_add_watch(fd, Path.GetDirectoryName(path)!, LibcInterop.IN_MODIFY | LibcInterop.IN_CREATE | LibcInterop.IN_MOVED_TO) >= 0)
            {
                status = SysfsStatus.Ok;
                return follower;
            }

            status = new(Marshal.GetLastPInvokeError());
            follower.Dispose();
            return null;
        }

        status = new(Marshal.GetLastPInvokeError());
        return null;
    }

    public bool TryRead(out ReadOnlySpan<byte> record)
    {
        if (TakeLine(out record))
            return true;
        DrainNotices();
        return Fill() && TakeLine(out record);
    }

    public void Dispose() => _notify.Dispose();

    private bool TakeLine(out ReadOnlySpan<byte> record)
    {
        var pending = CollectionsMarshal.AsSpan(_pending)[_at..];
        var newline = pending.IndexOf((byte)'\n');
        record = default;
        if (newline < 0)
            return false;
        _record = pending[..newline].ToArray();
        _at += newline + 1;
        record = _record;
        return true;
    }

    /// <summary>Notices only say "look again"; what changed is found by looking.</summary>
    private unsafe void DrainNotices()
    {
        var buffer = stackalloc byte[4096];
        while (LibcInterop.read(PollFd, buffer, 4096) > 0)
        {
        }
    }

    private bool Fill()
    {
        _pending.RemoveRange(0, _at);
        _at = 0;
        if (!File.Exists(_path))
            return false;
        using var file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (file.Length < _offset)
        {
            _offset = 0;
            _pending.Clear();
        }

        file.Position = _offset;
        Span<byte> chunk = stackalloc byte[8192];
        var any = false;
        for (int count; (count = file.Read(chunk)) > 0; any = true)
        {
            _pending.AddRange(chunk[..count]);
            _offset += count;
        }

        return any;
    }
}
