namespace InferenceCore.Scheduling;

/// <summary>A Prometheus histogram. One thread writes, any may read a consistent copy.</summary>
internal sealed class Histogram(params double[] bounds)
{
    private readonly Lock _lock = new();
    private readonly long[] _counts = new long[bounds.Length + 1];
    private double _sum;

    /// <summary>Upper bounds of the buckets, without +Inf.</summary>
    public IReadOnlyList<double> Bounds => bounds;

    public void Observe(double value)
    {
        var bucket = 0;
        while (bucket < bounds.Length && value > bounds[bucket])
            bucket++;
        lock (_lock)
        {
            _counts[bucket]++;
            _sum += value;
        }
    }

    /// <summary>Counts per bucket (not cumulative; the last is +Inf) and the sum of all values.</summary>
    public (long[] Counts, double Sum) Read()
    {
        lock (_lock)
            return ([.. _counts], _sum);
    }
}
