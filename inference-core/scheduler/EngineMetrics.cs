namespace InferenceCore.Scheduling;

/// <summary>What the journal counts, over the lives of all workers. It writes under its lock, the metrics page and the telemetry frame read.</summary>
internal sealed class EngineMetrics
{
    private static readonly double[] Seconds = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560];

    private readonly long[] _finished = new long[Enum.GetValues<FinishReason>().Length];
    private long _promptTokens, _generatedTokens, _preemptions, _prefixQueries, _prefixHits, _steps, _refused, _requests, _workers, _lastTokenTicks, _suspicions, _suspectAnswers;
    private double _cacheUsage;

    public long PromptTokens => Interlocked.Read(ref _promptTokens);

    public long GeneratedTokens => Interlocked.Read(ref _generatedTokens);

    public long Preemptions => Interlocked.Read(ref _preemptions);

    /// <summary>Prompt tokens looked up in the caches kept, and those found.</summary>
    public (long Queries, long Hits) Prefix => (Interlocked.Read(ref _prefixQueries), Interlocked.Read(ref _prefixHits));

    public long Steps => Interlocked.Read(ref _steps);

    /// <summary>Requests refused because too many were waiting.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Requests taken in.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Workers started.</summary>
    public long Workers => Interlocked.Read(ref _workers);

    /// <summary>Workers that were found changed and not believed any more.</summary>
    public long Suspicions => Interlocked.Read(ref _suspicions);

    /// <summary>Answers that were under way in one of them.</summary>
    public long SuspectAnswers => Interlocked.Read(ref _suspectAnswers);

    /// <summary>Uptime of the last token; null before the first.</summary>
    public TimeSpan? LastToken => Interlocked.Read(ref _lastTokenTicks) is > 0 and var ticks ? new(ticks) : null;

    /// <summary>Part of the cache that running answers hold, 0..1.</summary>
    public double CacheUsage => Volatile.Read(ref _cacheUsage);

    public Histogram TimeToFirstToken { get; } = new(Seconds);

    public Histogram InterToken { get; } = new(Seconds);

    /// <summary>Mean over one answer of the time between its tokens.</summary>
    public Histogram TimePerOutputToken { get; } = new(Seconds);

    public Histogram EndToEnd { get; } = new(Seconds);

    public Histogram Queue { get; } = new(Seconds);

    public Histogram Prefill { get; } = new(Seconds);

    public Histogram Decode { get; } = new(Seconds);

    /// <summary>From a place to the last token.</summary>
    public Histogram Inference { get; } = new(Seconds);

    public Histogram IterationTokens { get; } = new(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024);

    public long Finished(FinishReason reason) => Interlocked.Read(ref _finished[(int)reason]);

    public void CountRequest() => Interlocked.Increment(ref _requests);

    public void CountRefused() => Interlocked.Increment(ref _refused);

    public void CountWorker() => Interlocked.Increment(ref _workers);

    public void CountSuspicion(int answers)
    {
        Interlocked.Increment(ref _suspicions);
        Interlocked.Add(ref _suspectAnswers, answers);
    }

    /// <summary>A token that answers nobody: a new worker's proof, or an idle one's.</summary>
    public void CountProof(TimeSpan now) => Interlocked.Exchange(ref _lastTokenTicks, now.Ticks);

    /// <summary>A new worker's: nobody has anything in it.</summary>
    public void EmptyCache() => Volatile.Write(ref _cacheUsage, 0);

    public void CountStep(StepReport report, long cacheTokens, TimeSpan now)
    {
        Volatile.Write(ref _cacheUsage, Math.Min(1, report.CacheTokens / (double)cacheTokens));
        Interlocked.Add(ref _preemptions, report.Preemptions);
        Interlocked.Add(ref _prefixQueries, report.PrefixQueried);
        Interlocked.Add(ref _prefixHits, report.PrefixFound);
        if (report.Tokens == 0)
            return;
        Interlocked.Increment(ref _steps);
        IterationTokens.Observe(report.Tokens);
    }

    public void CountToken(JournalEntry entry, TimeSpan now)
    {
        Interlocked.Increment(ref _generatedTokens);
        Interlocked.Exchange(ref _lastTokenTicks, now.Ticks);
        if (entry.LastToken is { } last)
            InterToken.Observe((now - last).TotalSeconds);
        else
            TimeToFirstToken.Observe((now - entry.Generation.Submitted).TotalSeconds);
        entry.FirstToken ??= now;
        entry.LastToken = now;
    }

    public void CountStart(JournalEntry entry)
    {
        Interlocked.Add(ref _promptTokens, entry.Request.Prompt.Count);
        Queue.Observe((entry.Started!.Value - entry.Generation.Submitted).TotalSeconds);
    }

    public void CountFinish(JournalEntry entry, FinishReason reason, TimeSpan now)
    {
        Interlocked.Increment(ref _finished[(int)reason]);
        if (reason is FinishReason.Cancelled or FinishReason.Failed or FinishReason.Shed)
            return;
        EndToEnd.Observe((now - entry.Generation.Submitted).TotalSeconds);
        if (entry is not { Started: { } started, FirstToken: { } first })
            return;
        Prefill.Observe((first - started).TotalSeconds);
        Decode.Observe((now - first).TotalSeconds);
        Inference.Observe((now - started).TotalSeconds);
        if (entry.Tokens.Count > 1)
            TimePerOutputToken.Observe((now - first).TotalSeconds / (entry.Tokens.Count - 1));
    }
}
