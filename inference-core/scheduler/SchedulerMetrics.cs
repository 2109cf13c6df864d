namespace InferenceCore.Scheduling;

/// <summary>What the scheduler counts. The engine's thread writes, the metrics page and the telemetry frame read.</summary>
internal sealed class SchedulerMetrics
{
    private static readonly double[] Seconds = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560];

    private readonly long[] _finished = new long[Enum.GetValues<FinishReason>().Length];
    private long _promptTokens, _generatedTokens, _preemptions, _prefixQueries, _prefixHits, _steps, _refused, _requests, _lastStepTicks;

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

    /// <summary>Uptime of the last step that succeeded.</summary>
    public TimeSpan LastStep => new(Interlocked.Read(ref _lastStepTicks));

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

    public void CountPreemption() => Interlocked.Increment(ref _preemptions);

    public void CountPrefix(int queried, int hit)
    {
        Interlocked.Add(ref _prefixQueries, queried);
        Interlocked.Add(ref _prefixHits, hit);
    }

    public void CountStep(int tokens, TimeSpan now)
    {
        Interlocked.Increment(ref _steps);
        Interlocked.Exchange(ref _lastStepTicks, now.Ticks);
        IterationTokens.Observe(tokens);
    }

    public void CountToken(Sequence sequence, TimeSpan now)
    {
        Interlocked.Increment(ref _generatedTokens);
        if (sequence.LastToken is { } last)
            InterToken.Observe((now - last).TotalSeconds);
        else
            TimeToFirstToken.Observe((now - sequence.Generation.Submitted).TotalSeconds);
        sequence.FirstToken ??= now;
        sequence.LastToken = now;
    }

    public void CountStart(Sequence sequence, TimeSpan now)
    {
        if (sequence.Started is not null)
            return;
        sequence.Started = now;
        Interlocked.Add(ref _promptTokens, sequence.Request.Prompt.Count);
        Queue.Observe((now - sequence.Generation.Submitted).TotalSeconds);
    }

    public void CountFinish(Sequence sequence, FinishReason reason, TimeSpan now)
    {
        Interlocked.Increment(ref _finished[(int)reason]);
        if (reason is FinishReason.Cancelled or FinishReason.Failed)
            return;
        EndToEnd.Observe((now - sequence.Generation.Submitted).TotalSeconds);
        if (sequence is not { Started: { } started, FirstToken: { } first })
            return;
        Prefill.Observe((first - started).TotalSeconds);
        Decode.Observe((now - first).TotalSeconds);
        Inference.Observe((now - started).TotalSeconds);
        if (sequence.Generated > 1)
            TimePerOutputToken.Observe((now - first).TotalSeconds / (sequence.Generated - 1));
    }
}
