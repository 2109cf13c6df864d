using System.Collections.Immutable;
using Appliance.Health.KernelLog;
using Appliance.Model;

namespace Appliance.Health.Board;

/// <summary>
/// The health of the board as one thing with a life: the kernel's log and the sweeps go in, findings come out, and what must not be
/// forgotten is in <see cref="Memory"/>. No clock, no file; used by one thread at a time.
/// </summary>
public sealed class BoardWatch
{
    /// <summary>Programs that the box ends leave lines for so long.</summary>
    private static readonly TimeSpan OwnKillSpan = TimeSpan.FromSeconds(10);

    private readonly BoardRules _rules;
    private BoardMemory _memory;
    private IncidentBook _incidents;
    private KernelWatch _kernel = KernelWatch.Empty;
    private PartNames _names = new(null);
    private ImmutableList<TimeSpan> _ownKills = [];
    private bool _parked;

    public BoardWatch(BoardMemory memory)
    {
        _memory = memory;
        _rules = new(memory);
        _incidents = new() { Open = memory.Open, Closed = memory.Closed };
    }

    public BoardMemory Memory => _memory with { Open = _incidents.Open, Closed = _incidents.Closed, Normal = _rules.Normal };

    /// <summary>Sequence of the last kernel line dealt with in this boot; -1 for none.</summary>
    public long KernelSequence => _memory.KernelSequence;

    /// <summary>Once, before anything else: in another boot the kernel counts anew, and what a reboot mends is over.</summary>
    public void Boot(string? bootId)
    {
        if (bootId is null || bootId == _memory.BootId)
            return;
        _memory = _memory with { BootId = bootId, KernelSequence = -1 };
        _incidents = _incidents.AfterReboot(bootId);
    }

    /// <summary>The box ends programs of its own accord now.</summary>
    public void OwnKill(TimeSpan now) => _ownKills = _ownKills.RemoveAll(t => now - t > OwnKillSpan * 2).Add(now);

    /// <summary>Lines of the kernel's log and events of the driver; without any, lets two seconds pass for those that wait for neighbours.</summary>
    /// <returns>What was decided, or decided anew.</returns>
    public IReadOnlyList<KernelDecision> Kernel(IReadOnlyList<KernelLine> lines, IReadOnlyList<NvmlEvent> events, Moment now)
    {
        var step = KernelWatch.Step(_kernel, lines, events, IsOurs, now.Uptime);
        _kernel = step.Watch;
        if (lines.Count > 0)
            _memory = _memory with { KernelSequence = lines[^1].Sequence };
        foreach (var told in step.Told)
            _incidents = KernelIncidents.Fold(_incidents, told, _names, _memory.BootId, now.Utc);
        return [.. step.Told.Where(t => t.Decision != t.Before).Select(t => t.Decision)];
    }

    /// <summary>What stands now, one finding a fault: a cause hides what follows from it.</summary>
    /// <param name="stands">Whether an alarm stands already.</param>
    public IReadOnlyList<Finding> Evaluate(BoardView view, DateTimeOffset utc, Func<string, string, bool> stands)
    {
        _names = new(view.Health);
        _parked = view.EngineParked;
        if (view.EngineParked)
            OwnKill(view.Now);
        Boot(view.Health.Host?.BootId);
        var found = _rules.Evaluate(view, stands);
        foreach (var gpu in _rules.Resets)
            _incidents = _incidents.AfterReset($"gpu{gpu}", utc);
        _incidents = _incidents.AfterTime(utc);
        return Dependencies.Settle(found.Concat(_incidents.Findings(utc)));
    }

    /// <summary>A person has seen it: what only a person can close is closed, and what changed for good is normal from now on.</summary>
    public void Acknowledge(string code, string? target)
    {
        _incidents = _incidents.Acknowledge(code, target);
        _rules.Accept(code, target);
    }

    private bool IsOurs(TimeSpan at) => _parked || _ownKills.Any(t => (at - t).Duration() <= OwnKillSpan);
}
