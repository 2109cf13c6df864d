using System.Collections.Concurrent;
using Appliance.Hardware;

namespace Appliance.Rights;

/// <summary>
/// Power limits and held clocks through NVML. The driver is opened at the first request and again after a refusal. Any call may hang: each GPU is looked up by
/// itself and has its turns, so that one that hangs costs itself and one thread, and who comes for it meanwhile is told so.
/// </summary>
/// <param name="open">The driver's GPUs and how many, or why it does not open.</param>
internal sealed class GpuLimits(Func<(IGpuSource? Gpus, int Count, string? Fault)> open, TimeProvider time)
{
    /// <summary>Less than the two seconds that a client waits.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    /// <summary>What GPUs get to obey in however long the driver took to open: a healthy one takes milliseconds.</summary>
    private static readonly TimeSpan AtLeast = TimeSpan.FromSeconds(0.3);

    private const string NoAnswer = "the driver does not answer";

    private readonly Lock _opening = new();
    private readonly LowestLimits _lowest = new();
    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);
    private volatile IGpuSource? _source;
    private int _count;

    public GpuLimits()
        : this(Nvml.TryOpen, TimeProvider.System)
    {
    }

    /// <returns>Null when it was done, else why not.</returns>
    public string? Set(string uuid, double watts) => Do(uuid, gpu => gpu.SetPowerLimit(watts), $"{watts:0} W");

    /// <inheritdoc cref="Set"/>
    public string? Hold(string uuid, bool clock) => Do(uuid, gpu => gpu.SetLowestClock(clock), clock ? "its lowest clock" : "to let its clock go");

    private string? Do(string uuid, Func<IGpuDevice, bool> write, string what)
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
                if (write(gpu))
                    return null;
                fault = $"{uuid} refuses {what}";
            }

            Forget(uuid, known);
            return fault;
        }
        finally
        {
            known.Turn.Exit();
        }
    }

    /// <summary>All GPUs at once, by the driver's numbers.</summary>
    public (int Limited, IReadOnlyList<string> Refused) Lowest()
    {
        var began = time.GetTimestamp();
        var fault = NoAnswer;
        if (Opened(Patience, ref fault) is not { } source)
            return (0, [fault]);
        var left = Left(began);
        var (limited, failures, isRefused) = _lowest.Ask(source, _count, left > AtLeast ? left : AtLeast);
        if (limited == 0 && (isRefused || _count == 0))
            _source = null; // not one obeys, or there is none: the driver may have been reloaded
        return _count == 0 ? (0, ["the driver has no GPU"]) : (limited, failures);
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

    /// <summary>A name that was asked for, and its GPU where that was found. Whoever has the turn may ask the driver for it.</summary>
    private sealed class Known
    {
        public Lock Turn { get; } = new();

        public IGpuDevice? Gpu { get; set; }
    }
}
