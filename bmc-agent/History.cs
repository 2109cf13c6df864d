using Appliance.Model;

namespace BmcAgent;

/// <summary>The last ten minutes at one sample a second: enough for the panel's lines, small enough for memory. Not thread-safe.</summary>
internal sealed class History
{
    public const int Samples = 600;

    private static readonly TimeSpan Spacing = TimeSpan.FromMilliseconds(900);

    private readonly HistorySample[] _ring = new HistorySample[Samples];
    private int _count;
    private int _next;
    private DateTimeOffset? _newest;

    /// <summary>One sample per thermal frame, at most one a second; the frame's own stamp counts.</summary>
    public void Add(Snapshot snapshot)
    {
        if (snapshot.Thermal is not { } thermal)
            return;
        // A stamp from before the newest one means that the clock was set back: the old samples have no place on this axis.
        if (_newest is { } newest && thermal.Ts < newest)
        {
            if (newest - thermal.Ts < Spacing * 5)
                return;
            _count = 0;
        }
        else if (_newest is { } before && thermal.Ts - before < Spacing)
        {
            return;
        }

        _ring[_next] = Sample(thermal, snapshot);
        _next = (_next + 1) % Samples;
        _count = Math.Min(_count + 1, Samples);
        _newest = thermal.Ts;
    }

    /// <summary>Oldest first.</summary>
    public HistorySample[] All()
    {
        var all = new HistorySample[_count];
        for (var i = 0; i < _count; i++)
            all[i] = _ring[(_next - _count + i + Samples) % Samples];
        return all;
    }

    private static HistorySample Sample(ThermalFrame thermal, Snapshot snapshot)
    {
        var fresh = snapshot.Gpus.Where(g => thermal.Ts - g.Ts < TimeSpan.FromSeconds(g.TtlS)).ToArray();
        return new(
            thermal.Ts,
            thermal.CoolantSupplyC,
            thermal.CoolantReturnC,
            thermal.FlowLMin,
            thermal.HeatW,
            thermal.Fans.Count == 0 ? null : thermal.Fans.Average(f => f.DutyPercent),
            fresh.Max(g => g.TemperatureC),
            snapshot.Inference is { } inference && (thermal.Ts - inference.Ts).TotalSeconds < inference.TtlS ? inference.TokensPerSecond : null);
    }
}
