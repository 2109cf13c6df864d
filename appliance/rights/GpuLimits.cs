using System.Diagnostics;
using Appliance.Hardware;

namespace Appliance.Rights;

/// <summary>
/// Power limits through NVML. The driver is opened at the first request and again after a failure. Any call may hang: each GPU has its turns,
/// so that one that hangs costs itself, and who comes for it meanwhile is told so.
/// </summary>
/// <param name="open">The driver's GPUs and how many, or why it does not open.</param>
internal sealed class GpuLimits(Func<(IGpuSource? Gpus, int Count, string? Fault)> open)
{
    /// <summary>Less than the two seconds that a client waits.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    private const string NoAnswer = "the driver does not answer";

    private readonly Lock _opening = new();
    private readonly Lock _naming = new();
    private readonly Lock _lowering = new();
    private readonly Dictionary<int, Lowering> _lowered = [];
    private volatile IGpuSource? _source;
    private int _count;
    private volatile Dictionary<string, (IGpuDevice Gpu, Lock Turn)>? _named;

    public GpuLimits()
        : this(OpenNvml)
    {
    }

    /// <returns>Null when it was done, else why not.</returns>
    public string? Set(string uuid, double watts)
    {
        if (Named(out var fault) is not { } gpus)
            return fault;
        if (!gpus.TryGetValue(uuid, out var found))
        {
            Forget(); // the driver was reloaded, or a GPU came back: look again next time
            return $"there is no {uuid}";
        }

        if (!found.Turn.TryEnter(Patience))
            return $"{uuid}: {NoAnswer}";
        try
        {
            if (found.Gpu.SetPowerLimit(watts))
                return null;
        }
        finally
        {
            found.Turn.Exit();
        }

        Forget();
        return $"{uuid} refuses {watts:0} W";
    }

    /// <summary>All GPUs at once, by the driver's numbers. One that still waits in the driver from the last time is not asked again.</summary>
    public (int Limited, IReadOnlyList<string> Refused) Lowest()
    {
        var began = Stopwatch.GetTimestamp();
        if (Opened(out var fault) is not { } source)
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
            if (gpu.Wait(Patience - Stopwatch.GetElapsedTime(began)) is { } why)
                refused.Add($"gpu{i}: {why}");
        }

        if (refused.Count == gpus.Length)
            Forget(); // not one obeys, or there is none: the driver may have been reloaded
        return gpus.Length == 0 ? (0, ["the driver has no GPU"]) : (gpus.Length - refused.Count, refused);
    }

    private Dictionary<string, (IGpuDevice Gpu, Lock Turn)>? Named(out string fault)
    {
        fault = NoAnswer;
        if (_named is { } known)
            return known;
        if (Opened(out fault) is not { } source || !_naming.TryEnter(Patience))
            return null;
        try
        {
            var named = new Dictionary<string, (IGpuDevice, Lock)>(StringComparer.Ordinal);
            for (var i = 0; i < _count; i++)
            {
                if (source.Open(i, out _) is { Identity.Uuid: { } id } gpu)
                    named[id] = (gpu, new());
            }

            return _named = named;
        }
        finally
        {
            _naming.Exit();
        }
    }

    private IGpuSource? Opened(out string fault)
    {
        fault = NoAnswer;
        if (_source is { } known)
            return known;
        if (!_opening.TryEnter(Patience))
            return null;
        try
        {
            var (source, count, why) = open();
            (_count, fault) = (count, why ?? fault);
            return _source = source;
        }
        finally
        {
            _opening.Exit();
        }
    }

    private void Forget() => (_source, _named) = (null, null);

    private static (IGpuSource?, int, string?) OpenNvml()
    {
        var nvml = new Nvml();
        return nvml.Initialise() ? (nvml, nvml.Count, null) : (null, 0, nvml.Fault ?? "NVML does not open");
    }
}
