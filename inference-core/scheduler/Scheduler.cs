using System.Collections.Concurrent;
using Appliance.Model;
using InferenceCore.Engine;

namespace InferenceCore.Scheduling;

/// <summary>
/// Continuous batching: every step computes the next tokens of all running answers and a piece of the prompts beside them; places are given
/// anew between steps. <see cref="Step"/> belongs to one thread, the engine's; everything else may be called from any.
/// </summary>
internal sealed partial class Scheduler : IDisposable
{
    private readonly ServedModel _model;
    private readonly SchedulerOptions _options;
    private readonly TimeProvider _time;
    private readonly Action _wake;
    private readonly RunState _run;
    private readonly SamplerScratch _scratch = new();
    private readonly PrefixStore _prefixes = new();
    private readonly ConcurrentQueue<Sequence> _intake = new();
    private readonly WaitingLine _waiting = new();
    private readonly List<Sequence> _running = [];
    private volatile int _runningCount;
    private volatile int _cachedTokens;
    private int _inSystem;

    /// <param name="wake">Called when there is something new to do.</param>
    public Scheduler(ServedModel model, SchedulerOptions options, int threads, TimeProvider time, Action wake)
    {
        _model = model;
        _options = options;
        _time = time;
        _wake = wake;
        var tokens = options.PrefillChunk + options.MaxRunning;
        _run = new RunState(model.Engine, tokens, tokens, threads);
    }

    public SchedulerMetrics Metrics { get; } = new();

    public SchedulerOptions Options => _options;

    /// <summary>Answers being computed.</summary>
    public int Running => _runningCount;

    /// <summary>Answers that wait for a place.</summary>
    public int Waiting => Math.Max(0, Volatile.Read(ref _inSystem) - _runningCount);

    /// <summary>Part of the cache in use, 0..1.</summary>
    public double CacheUsage => Math.Min(1, _cachedTokens / (double)_options.CacheTokens);

    /// <summary>The longest sequence there is room for.</summary>
    public int LongestSequence => (int)Math.Min(_model.ContextLength, _options.CacheTokens);

    /// <summary>Takes a request in; null when too many wait.</summary>
    public Generation? Submit(GenerationRequest request)
    {
        if (Interlocked.Add(ref _inSystem, request.Choices) > _options.MaxRunning + _options.MaxWaiting)
        {
            Interlocked.Add(ref _inSystem, -request.Choices);
            Metrics.CountRefused();
            return null;
        }
        Metrics.CountRequest();
        var generation = new Generation(request, Now, _options.MaxUnreadPieces, _wake);
        for (var choice = 0; choice < request.Choices; choice++)
            _intake.Enqueue(new Sequence(generation, choice, new AnswerText(_model.Tokenizer, request.Stop, request.KeepSpecial)));
        _wake();
        return generation;
    }

    /// <summary>Computes one step. False: there was nothing to do.</summary>
    public bool Step()
    {
        while (_intake.TryDequeue(out var sequence))
            _waiting.Add(sequence);
        DropCancelled();
        Admit();
        var plan = Plan();
        while (!MakeRoom(plan))
            plan = Plan();
        if (plan.Count > 0)
            Compute(plan);
        _cachedTokens = (int)Math.Min(int.MaxValue, RunningTokens + _prefixes.Tokens);
        _runningCount = _running.Count;
        return plan.Count > 0;
    }

    /// <summary>Ends every answer, waiting or running: the engine cannot go on.</summary>
    public void FailAll()
    {
        while (_intake.TryDequeue(out var sequence))
            _waiting.Add(sequence);
        foreach (var sequence in _waiting.RemoveWhere(_ => true))
            Finish(sequence, FinishReason.Failed, "");
        foreach (var sequence in _running.ToArray())
            Finish(sequence, FinishReason.Failed, "");
        _runningCount = 0;
    }

    public void Dispose() => _run.Dispose();

    private TimeSpan Now => Moment.Of(_time).Uptime;

    private long RunningTokens => _running.Sum(s => (long)(s.Cache?.Length ?? 0));

    private void Finish(Sequence sequence, FinishReason reason, string lastText)
    {
        if (sequence.Cache is { } cache && reason != FinishReason.Failed)
            _prefixes.Put(sequence.Known, cache);
        sequence.Cache = null;
        _running.Remove(sequence);
        Interlocked.Decrement(ref _inSystem);
        Metrics.CountFinish(sequence, reason, Now);
        Report(sequence, lastText, reason);
    }

    private static void Report(Sequence sequence, string text, FinishReason? reason)
    {
        var logprobs = sequence.Request.Logprobs is null ? null : sequence.Text.TakeLogprobs();
        if (text.Length == 0 && reason is null && logprobs is not { Count: > 0 } && !sequence.Text.TokensOnly)
            return;
        int[] tokens = [.. sequence.Unreported];
        sequence.Unreported.Clear();
        sequence.Generation.Write(new Piece(sequence.Choice, tokens, text, logprobs, reason));
    }
}
