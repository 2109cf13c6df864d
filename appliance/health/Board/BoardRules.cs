using System.Collections.Immutable;
using Appliance.Model;

namespace Appliance.Health.Board;

/// <summary>
/// What one sweep of the box means, with what the sweeps before it said: counters are judged by their growth, shares by time, parts by
/// their own past and by their neighbours. It knows no clock and no file; the same sweeps give the same findings.
/// </summary>
/// <remarks>
/// Three rules stand above the others. A value that is missing is no fault of the value's part; where its absence matters, that is a rule of its own.
/// A reading that has grown old is not judged. What the box does to its GPUs itself (limits, parking) is told by
/// <see cref="BoardView"/> and reads as no fault.
/// </remarks>
public sealed partial class BoardRules
{
    /// <summary>Readings older than this are not judged: those that are read every second, and those read at leisure.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FreshSlow = TimeSpan.FromMinutes(3);

    private readonly Dictionary<(Measure, int, int), Growth> _growth = [];
    private readonly Dictionary<(Measure, string), Growth> _named = [];
    private readonly Dictionary<(Measure, int), Mean> _means = [];
    private readonly ImmutableSortedDictionary<string, double>.Builder _normal;
    private readonly List<Finding> _found = [];
    private readonly List<(string Code, string Target, string Key, double? Value)> _acceptable = [];
    private TimeSpan? _brakeByFlowAt;
    private Func<string, string, bool> _stands = (_, _) => false;
    private HealthLimits _limits = new();

    public BoardRules(BoardMemory memory) => _normal = memory.Normal.ToBuilder();

    /// <summary>What is normal for each part as far as it was learnt: goes into <see cref="BoardMemory"/>.</summary>
    public ImmutableSortedDictionary<string, double> Normal => _normal.ToImmutable();

    /// <summary>GPUs seen to come back from a reset (their counters began anew) in the last call.</summary>
    public IReadOnlyList<int> Resets => _resets;

    /// <param name="stands">Whether an alarm stands: what was raised at one threshold clears at a milder one.</param>
    public IReadOnlyList<Finding> Evaluate(BoardView view, Func<string, string, bool> stands)
    {
        _found.Clear();
        _resets.Clear();
        _acceptable.Clear();
        _stands = stands;
        _limits = view.Limits;
        var health = view.Health;
        var blind = Access(view);
        if (!blind)
        {
            foreach (var gpu in health.Gpus.Where(g => g.Access == GpuAccess.Good))
                Gpu(gpu, view);
            Uniformity(view);
            Numa(view);
            Fabric(view);
            Drift(view);
        }

        Rdma(view);
        OtherNodes(view);
        Storage(view);
        Host(view);
        Service(view);
        return [.. _found];
    }

    /// <summary>A person has seen the alarm: where it says only that something is not as it was, what is now is normal from now on.</summary>
    public void Accept(string code, string? target)
    {
        foreach (var (_, _, key, value) in _acceptable.Where(a => a.Code == code && (target is null || a.Target == target)))
        {
            if (value is { } normal)
                _normal[key] = normal;
            else
                _normal.Remove(key);
        }
    }

    private void Gpu(GpuHealth gpu, BoardView view)
    {
        var now = view.Now;
        WatchResets(gpu);
        if (IsFresh(gpu.Modes, now, FreshSlow))
            Recovery(gpu, gpu.Modes!);
        if (IsFresh(gpu.Ecc, now, FreshSlow))
            Ecc(gpu, gpu.Ecc!, now);
        if (IsFresh(gpu.RowRemaps, now, FreshSlow))
            Remaps(gpu, gpu.RowRemaps!);
        if (IsFresh(gpu.Pcie, now, Fresh))
            Pcie(gpu, gpu.Pcie!, view);
        if (IsFresh(gpu.Clocks, now, Fresh))
            Throttling(gpu, gpu.Clocks!, now, IsBrakeExplained(view));
        if (IsFresh(gpu.Heat, now, Fresh))
            Heat(gpu, gpu.Heat!);
        Power(gpu, view);
        if (IsFresh(gpu.Nvlinks, now, FreshSlow) && gpu.Modes?.MigEnabled != true)
            Links(gpu, gpu.Nvlinks!, view);
    }

    private static bool IsFresh(HealthGroup? group, TimeSpan now, TimeSpan limit) => group is not null && group.Age(now) <= limit;

    private void Find(string code, string target, string text, Severity? severity = null, string? action = null, string? nextStep = null) =>
        _found.Add(new(code, target, text, severity, nextStep, action));

    private bool Stands(string code, string target) => _stands(code, target);

    private Growth Grow(Measure measure, int gpu, long? value, TimeSpan at, TimeSpan window, int link = 0)
    {
        if (!_growth.TryGetValue((measure, gpu, link), out var growth))
            _growth[(measure, gpu, link)] = growth = new(window);
        growth.Add(value, at);
        return growth;
    }

    private Growth Grow(Measure measure, string part, long? value, TimeSpan at, TimeSpan window)
    {
        if (!_named.TryGetValue((measure, part), out var growth))
            _named[(measure, part)] = growth = new(window);
        growth.Add(value, at);
        return growth;
    }

    private Mean MeanOf(Measure measure, int gpu, TimeSpan window)
    {
        if (!_means.TryGetValue((measure, gpu), out var mean))
            _means[(measure, gpu)] = mean = new(window);
        return mean;
    }

    private double? NormalOf(string part, string what) => _normal.TryGetValue($"{part}/{what}", out var value) ? value : null;

    private void Learn(string part, string what, double value)
    {
        var key = $"{part}/{what}";
        if (!_normal.TryGetValue(key, out var held) || held != value)
            _normal[key] = value;
    }

    /// <summary>Takes over a share of the new value: what changes over days becomes normal, what changes within the hour does not.</summary>
    private double LearnSlowly(string part, string what, double value, double share)
    {
        var normal = NormalOf(part, what) is { } held ? held + (value - held) * share : value;
        Learn(part, what, normal);
        return normal;
    }

    /// <summary>Notes what becomes normal when a person acknowledges the alarm; null forgets that the part was ever there.</summary>
    private bool Acceptable(string code, string target, string part, string what, double? value)
    {
        _acceptable.Add((code, target, $"{part}/{what}", value));
        return true;
    }

    private static string Name(GpuHealth gpu) => $"gpu{gpu.Index}";

    private static string Part(GpuHealth gpu) => gpu.Identity?.Serial ?? gpu.Identity?.Uuid ?? $"gpu{gpu.Index}";
}
