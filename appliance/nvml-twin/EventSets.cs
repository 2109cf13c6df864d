using System.Globalization;
using System.Text;
using Appliance.Hardware;
using Microsoft.Win32.SafeHandles;

namespace Appliance.NvmlTwin;

/// <summary>Event sets: each remembers how far into the twin's file of XIDs it has read; what happened before its registration is lost.</summary>
internal static class EventSets
{
    private static readonly Lock _gate = new();
    private static readonly Dictionary<nint, (HashSet<int> Gpus, long Offset)> _sets = [];
    private static SafeFileHandle? _file;
    private static nint _next = 0x45560001;

    private static string EventFile => Path.Combine(TwinDriver.Root, "twin", "events");

    public static nint Create()
    {
        lock (_gate)
        {
            _sets[_next] = ([], Length());
            return _next++;
        }
    }

    public static bool Free(nint set)
    {
        lock (_gate)
            return _sets.Remove(set);
    }

    public static bool Register(nint set, int gpu)
    {
        lock (_gate)
            return _sets.TryGetValue(set, out var kept) && kept.Gpus.Add(gpu) | true;
    }

    /// <returns>False when nothing happened in time.</returns>
    public static NvmlReturn Wait(nint set, TimeSpan timeout, out int gpu, out int xid)
    {
        (gpu, xid) = (0, 0);
        var until = MonotonicClock.Now + timeout;
        while (true)
        {
            lock (_gate)
            {
                if (!_sets.TryGetValue(set, out var kept))
                    return NvmlReturn.InvalidArgument;
                if (Next(ref kept, out gpu, out xid))
                {
                    _sets[set] = kept;
                    return NvmlReturn.Success;
                }
            }

            if (MonotonicClock.Now >= until)
                return NvmlReturn.Timeout;
            Thread.Sleep(250); // a real driver wakes its waiters; the twin is looked at, and the kernel's log is quicker than both
        }
    }

    private static long Length() => File.Exists(EventFile) ? new FileInfo(EventFile).Length : 0;

    /// <summary>One pread behind the end as long as nothing happens.</summary>
    private static bool Next(ref (HashSet<int> Gpus, long Offset) set, out int gpu, out int xid)
    {
        (gpu, xid) = (0, 0);
        _file ??= File.OpenHandle(EventFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> line = stackalloc byte[64];
        while (RandomAccess.Read(_file, line, set.Offset) is > 0 and var count)
        {
            var end = line[..count].IndexOf((byte)'\n');
            if (end < 0)
                return false; // half a line: the rest comes
            set.Offset += end + 1;
            if (Encoding.ASCII.GetString(line[..end]).Split(' ') is [var index, var code] && int.TryParse(index, CultureInfo.InvariantCulture, out gpu)
                && int.TryParse(code, CultureInfo.InvariantCulture, out xid) && set.Gpus.Contains(gpu))
                return true;
        }

        return false;
    }
}
