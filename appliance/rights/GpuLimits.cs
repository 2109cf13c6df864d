using System.Collections.Concurrent;
using Appliance.Hardware;

namespace Appliance.Rights;

/// <summary>
/// Power limits through NVML. The driver is opened at the first request and again after a refusal. Any call may hang: each GPU is looked up by
/// itself and has its turns, so that one that hangs costs itself and one thread, and who comes for it meanwhile is told so.
/// </summary>
/// <param name="open">The driver's GPUs and how many, or why it does not open.</param>
internal sealed class GpuLimits(Func<(IGpuSource? Gpus, int Count, string? Fault)> open, TimeProvider time)
{
    /// <summary>Less than the two seconds that a client waits.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    private const string NoAnswer = "the driver does not answer";

    private readonly Lock _opening = new();
    private readonly Lock _lowering = new();
    private readonly Dictionary<int, Lowering> _lowered = [];
    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);
    private volatile IGpuSource? _source;
    private int _count;

    public GpuLimits()
        : this(OpenNvml, TimeProvider.System)
    {
    }

    /// <returns>Null when it was done, else why not.</returns>
    public string? Set(string uuid, double watts)
    {
        var began = time.GetTimestamp();
        var known = _known.GetOrAdd(uuid, _ => new());
        if (!known.Turn.TryEnter(Patience))
            return $"{uuid}: {NoAnswer}";
        try
        {
            var fault = $"there is no {uuid}";
            if ((known.Gpu ??= Opened(Left(began), ref fault)?.Find(uuid)) is { } gpu)
            {
                if (gpu.SetPowerLimit(watts))
                    return null;
                fault = $"{uuid} refuses {watts:0} W";
            }

            Forget(uuid, known);
            return fault;
        }
        finally
        {
            known.Turn.Exit();
        }
    }

    /// <summary>All GPUs at once, by the driver's numbers. One that still waits in the driver from the last time is not asked again.</summary>
    public (int Limited, IReadOnlyList<string> Refused) Lowest()
    {
        var began = time.GetTimestamp();
        var fault = NoAnswer;
        if (Opened(Patience, ref fault) is not { } source)
            return (0, [fault]);
        var gpus = new Lowering[_count];
        lock (_lowering)
        {
            for (var i = 0; i < gpus.Length; i++)
                gpus[i] = _lowered[i] = _lowered.GetValueOrDefault(i) is { IsOut: true } before ? before : new(source, i);
        }

        var refused = new List<string>();
        foreach (var (i, gpu) in gpus.Index())
        {
            if (gpu.Wait(Left(began)) is { } why)
                refused.Add($"gpu{i}: {why}");
        }

        if (refused.Count == gpus.Length)
            _source = null; // not one obeys, or there is none: the driver may have been reloaded
        return gpus.Length == 0 ? (0, ["the driver has no GPU"]) : (gpus.Length - refused.Count, refused);
    }

    private IGpuSource? Opened(TimeSpan limit, ref string fault)
    {
        if (_source is { } known)
            return known;
        if (!_opening.TryEnter(limit))
        {
            fault = NoAnswer;
            return null;
        }

        try
        {
            if (_source is { } meanwhile)
                return meanwhile;
            (var source, _count, var why) = open();
            fault = why ?? fault;
            return _source = source;
        }
        finally
        {
            _opening.Exit();
        }
    }

    private TimeSpan Left(long began) => Patience - time.GetElapsedTime(began) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    /// <summary>The driver was reloaded, or a GPU came back: both are looked for again next time. The others keep their handles until they refuse.</summary>
    private void Forget(string uuid, Known known)
    {
        known.Gpu = null;
        _known.TryRemove(new(uuid, known)); // names are whatever somebody said: none is kept that the driver does not know
        _source = null;
    }

    private static (IGpuSource?, int, string?) OpenNvml()
    {
        var nvml = new Nvml();
        return nvml.Initialise() ? (nvml, nvml.Count, null) : (null, 0, nvml.Fault ?? "NVML does not open");
    }

    /// <summary>A name that was asked for, and its GPU where that was found. Whoever has the turn may ask the driver for it.</summary>
    private sealed class Known
    {
        public Lock Turn { get; } = new();

        public IGpuDevice? Gpu { get; set; }
    }
}
