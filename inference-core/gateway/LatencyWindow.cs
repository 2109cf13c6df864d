using InferenceCore.Scheduling;

namespace InferenceCore.Gateway;

/// <summary>Quantiles of the last five minutes out of histograms that count from the start: a day's good answers must not hide a bad hour.</summary>
internal sealed class LatencyWindow
{
    private static readonly TimeSpan _span = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(10);

    private readonly Queue<Mark> _marks = new();
    private TimeSpan _markedAt = TimeSpan.MinValue;

    /// <summary>All null as long as no answer has ended within the window.</summary>
    public (double? InterTokenMs, double? FirstTokenMs, double? PromptTokens, long Answers) Read(EngineMetrics metrics, TimeSpan now)
    {
        var mark = new Mark(now, metrics.InterToken.Read().Counts, metrics.TimeToFirstToken.Read().Counts, metrics.PromptTokens);
        if (_markedAt == TimeSpan.MinValue || now - _markedAt >= _every)
        {
            _markedAt = now;
            _marks.Enqueue(mark);
            while (now - _marks.Peek().At > _span)
                _marks.Dequeue();
        }

        var first = _marks.Peek();
        var answers = mark.FirstToken.Sum() - first.FirstToken.Sum();
        return (
            P99Ms(metrics.InterToken.Bounds, mark.InterToken, first.InterToken), P99Ms(metrics.TimeToFirstToken.Bounds, mark.FirstToken, first.FirstToken),
            answers > 0 ? (mark.PromptTokens - first.PromptTokens) / (double)answers : null, answers);
    }

    /// <summary>Within its bucket a quantile lies in proportion; above the last bound only the bound is known.</summary>
    internal static double? P99Ms(IReadOnlyList<double> boundsS, long[] now, long[] before)
    {
        var counts = now.Zip(before, (n, b) => n - b).ToArray();
        var wanted = counts.Sum() * 0.99;
        if (wanted <= 0)
            return null;
        for (var (i, below) = (0, 0L); i < counts.Length; below += counts[i++])
        {
            if (below + counts[i] < wanted)
                continue;
            var (low, high) = (i == 0 ? 0 : boundsS[i - 1], boundsS[Math.Min(i, boundsS.Count - 1)]);
            return Math.Round(1000 * (low + (high - low) * (wanted - below) / counts[i]), 1);
        }

        return null;
    }

    private sealed record Mark(TimeSpan At, long[] InterToken, long[] FirstToken, long PromptTokens);
}
