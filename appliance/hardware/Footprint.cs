using System.Globalization;

#if BMC_AGENT // which is compiled with this file and knows nothing else of the hardware
namespace BmcAgent;
#else
namespace Appliance.Hardware;
#endif

/// <summary>
/// What a process that runs for years holds in memory because of its first second: pages of two megabytes of which a few kilobytes are used,
/// a pool of the C library for every thread, and everything that the start alone has read of the program's tables and of libraries. It leaves
/// once the start is over, and what came since every hour. Used by one thread.
/// </summary>
public sealed class Footprint(TimeSpan startedAt)
{
    /// <summary>By then the first connections, looks and surveys are made: what is used from now on is used again and again.</summary>
    private static readonly TimeSpan _startIsOver = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan _again = TimeSpan.FromHours(1);

    /// <summary>A library that another thread is loading right now is not what it looks like: pages must have stood for so long.</summary>
    private static readonly TimeSpan _settles = TimeSpan.FromSeconds(5);

    private TimeSpan _dueAt = startedAt + _startIsOver;
    private IReadOnlyList<(nint Begin, nuint Length)>? _settled;

    /// <summary>Before anything else is done: no huge pages (for children neither), one pool of the C library for all threads.</summary>
    public static void BeginSmall()
    {
        _ = FootprintInterop.prctl(FootprintInterop.PR_SET_THP_DISABLE, 1, 0, 0, 0);
        _ = FootprintInterop.mallopt(FootprintInterop.M_ARENA_MAX, 1);
    }

    /// <summary>Looks every few seconds until stopped.</summary>
    public static async Task KeepSmallAsync(TimeProvider time, CancellationToken stop)
    {
        var footprint = new Footprint(time.GetElapsedTime(0));
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(_settles, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!stop.IsCancellationRequested)
                footprint.Look(time.GetElapsedTime(0));
        }
    }

    /// <summary>Gives back when it is due.</summary>
    /// <returns>True when it gave back.</returns>
    public bool Look(TimeSpan now)
    {
        if (now < _dueAt - _settles)
            return false;
        if (_settled is null)
        {
            _settled = FilePages(Mappings(), Environment.ProcessPath ?? "");
            return false;
        }

        if (now < _dueAt)
            return false;
        LetGo(_settled);
        (_settled, _dueAt) = (null, now + _again);
        return true;
    }

    /// <summary>
    /// Pages of files leave unless they were written to; whoever needs one again takes it from the page cache. The program's own code stays
    /// where it is, so that what was done once at the start (full drive for one) can be done again when a disk answers no more.
    /// </summary>
    private static void LetGo(IReadOnlyList<(nint Begin, nuint Length)> settled)
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _ = FootprintInterop.malloc_trim(0);
        foreach (var (begin, length) in FilePages(Mappings(), Environment.ProcessPath ?? "").Where(settled.Contains))
        {
            if (FootprintInterop.madvise(begin, length, FootprintInterop.MADV_DONTNEED_LOCKED) != 0)
                _ = FootprintInterop.madvise(begin, length, FootprintInterop.MADV_DONTNEED); // an older kernel; refused there where pages are locked
        }
    }

    private static string[] Mappings()
    {
        try
        {
            return File.ReadAllLines("/proc/self/smaps");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // then nothing leaves
        }
    }

    /// <summary>Mappings of files that nobody writes and of which no page is our own: the program's tables, and libraries whole.</summary>
    /// <param name="smaps">As in proc(5).</param>
    /// <param name="program">Whose code stays.</param>
    internal static IReadOnlyList<(nint Begin, nuint Length)> FilePages(IEnumerable<string> smaps, string program)
    {
        var found = new List<(nint, nuint)>();
        (nint Begin, nuint Length)? pages = null;
        foreach (var line in smaps)
        {
            if (Mapping(line, program) is { } mapping)
                pages = mapping.IsWanted ? (mapping.Begin, mapping.Length) : null;
            else if (pages is { } held && line.StartsWith("Anonymous:", StringComparison.Ordinal))
            {
                if (line.AsSpan("Anonymous:".Length).Trim().StartsWith("0 "))
                    found.Add(held);
                pages = null;
            }
        }

        return found;
    }

    /// <summary>The first line of a mapping: <c>begin-end r-xp offset device inode    /path</c>; null for the lines below it.</summary>
    private static (nint Begin, nuint Length, bool IsWanted)? Mapping(string line, string program)
    {
        var words = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
        var dash = words[0].IndexOf('-', StringComparison.Ordinal);
        if (dash <= 0
            || !nuint.TryParse(words[0].AsSpan(0, dash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var begin)
            || !nuint.TryParse(words[0].AsSpan(dash + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var end))
            return null;
        var file = words.Length == 6 ? words[5] : "";
        var isWanted = file.StartsWith('/') && !file.StartsWith("/dev/", StringComparison.Ordinal)
            && words[1][0] == 'r' && words[1][1] == '-' && words[1][3] == 'p' && !(words[1][2] == 'x' && file == program);
        return ((nint)begin, end - begin, isWanted);
    }
}
