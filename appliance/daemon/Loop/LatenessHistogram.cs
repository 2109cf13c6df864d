namespace Appliance.Daemon.Loop;

/// <summary>
/// How late ticks begin, in 0.1 ms steps up to 200 ms (later ones count in the last). One writer, any reader; nothing is allocated
/// when a tick is counted.
/// </summary>
internal sealed class LatenessHistogram
{
    private const double StepMs = 0.1;

    private readonly long[] _counts = new long[2001];
    private long _count;
    private double _maxMs;
    private long _missed;
    private double _sumMs;

    public long Count => Volatile.Read(ref _count);

    public double MaxMs => Volatile.Read(ref _maxMs);

    /// <summary>Whole periods that went by without a tick.</summary>
    public long Missed => Volatile.Read(ref _missed);

    public void Add(double latenessMs)
    {
        var bin = (int)Math.Clamp(latenessMs / StepMs, 0, _counts.Length - 1);
        Volatile.Write(ref _counts[bin], _counts[bin] + 1);
        Volatile.Write(ref _count, _count + 1);
        Volatile.Write(ref _sumMs, _sumMs + latenessMs);
        if (latenessMs > _maxMs)
            Volatile.Write(ref _maxMs, latenessMs);
    }

    public void AddMissed(long ticks) => Volatile.Write(ref _missed, _missed + ticks);

    /// <summary>Upper edge of the bin in which the quantile lies, ms; null before the first tick.</summary>
    public double? QuantileMs(double quantile)
    {
        var total = Count;
        if (total == 0)
            return null;
        var rank = (long)Math.Ceiling(quantile * total);
        var seen = 0L;
        for (var i = 0; i < _counts.Length - 1; i++)
        {
            seen += Volatile.Read(ref _counts[i]);
            if (seen >= rank)
                return Math.Round((i + 1) * StepMs, 1);
        }

        return MaxMs;
    }

    /// <summary>Ticks by lateness for other bounds, which should lie on the steps.</summary>
    /// <param name="boundsS">Upper bounds, seconds, ascending.</param>
    /// <returns>One count more than bounds, the last for what was later; and the sum of all, seconds.</returns>
    public (long[] Counts, double SumS) Buckets(IReadOnlyList<double> boundsS)
    {
        var counts = new long[boundsS.Count + 1];
        var bucket = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            while (bucket < boundsS.Count && (i + 1) * StepMs > boundsS[bucket] * 1000 + StepMs / 2)
                bucket++;
            counts[bucket] += Volatile.Read(ref _counts[i]);
        }

        return (counts, Volatile.Read(ref _sumMs) / 1000);
    }
}
