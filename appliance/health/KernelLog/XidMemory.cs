using System.Collections.Immutable;

namespace Appliance.Health.KernelLog;

/// <summary>
/// What earlier lines leave behind for the workflows that ask "again?": exceptions by core (13), page faults by program (31), NVLink
/// errors by link (74). Immutable and limited: what is older than a day is forgotten, and of the rest the newest are kept.
/// </summary>
public sealed record XidMemory
{
    public static readonly TimeSpan Span = TimeSpan.FromHours(24);
    private const int Limit = 2048;

    private ImmutableList<Entry> Entries { get; init; } = [];

    public static XidMemory Empty { get; } = new();

    /// <summary>Exceptions on this core before, by other programs or at other times: one crash writes many lines.</summary>
    public int EarlierOnCore(KernelFault.Xid xid) => xid.Core is not { } core
        ? 0
        : Entries.Where(e => e.Code == 13 && e.Gpu == xid.Gpu && e.Core == core && IsOther(e, xid)).Select(e => (e.Pid, e.At)).Distinct().Count();

    /// <summary>True where the crash that this line belongs to hit other cores too: the program's doing, not one core's.</summary>
    public bool CrashHitOtherCores(KernelFault.Xid xid) => Entries.Any(e =>
        e.Code == 13 && e.Gpu == xid.Gpu && e.Core is not null && e.Core != xid.Core && !IsOther(e, xid));

    /// <summary>Other programs that faulted on this GPU (31), and whether any faulted on another one.</summary>
    public (int Earlier, bool Elsewhere) EarlierFaults(KernelFault.Xid xid)
    {
        var faults = Entries.Where(e => e.Code == 31 && IsOther(e, xid)).ToArray();
        return (faults.Where(e => e.Gpu == xid.Gpu).Select(e => (e.Pid, e.At)).Distinct().Count(), faults.Any(e => e.Gpu != xid.Gpu));
    }

    public int EarlierOnLink(KernelFault.Xid xid) => Entries.Count(e => e.Code == 74 && e.Gpu == xid.Gpu && e.Link == xid.Link);

    public XidMemory With(KernelFault.Xid xid)
    {
        if (xid.Code is not (13 or 31 or 74))
            return this;
        var kept = xid.Line.At is { } now ? Entries.RemoveAll(e => e.At is { } at && now - at > Span) : Entries;
        if (kept.Count >= Limit)
            kept = kept.RemoveRange(0, kept.Count - Limit + 1);
        return this with { Entries = kept.Add(new(xid.Code, xid.Gpu, xid.Core, xid.Link, xid.Pid, xid.Line.At)) };
    }

    /// <summary>True for another crash: another program, or another time; without either every line is one of its own.</summary>
    private static bool IsOther(Entry entry, KernelFault.Xid xid)
    {
        if (entry.Pid is { } pid && xid.Pid is { } own)
            return pid != own;
        return entry.At is not { } at || xid.Line.At is not { } now || now - at > XidWorkflow.Window;
    }

    private sealed record Entry(int Code, string Gpu, (int, int)? Core, int? Link, int? Pid, TimeSpan? At);
}
