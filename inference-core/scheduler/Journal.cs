using System.Diagnostics;
using Appliance.Model;

namespace InferenceCore.Scheduling;

/// <summary>
/// Every answer under way with its prompt, its sampling and every token handed out, so that a worker is only ever a means to get the next token:
/// when one dies the next is told where each answer stands. Decides who gets in, when an answer ends, and what its client may see. May be called
/// from any thread.
/// </summary>
internal sealed class Journal
{
    private readonly Lock _lock = new();
    private readonly ServedModel _model;
    private readonly SchedulerOptions _options;
    private readonly TimeProvider _time;
    private readonly int[] _endTokens;

    // By id, which is the order they came in.
    private readonly SortedDictionary<long, JournalEntry> _entries = [];
    private Action<WorkerOrder>? _worker;
    private long _lastId;
    private long _cacheTokens;
    private volatile int _open;
    private volatile int _runningInWorker;

    public Journal(ServedModel model, SchedulerOptions options, TimeProvider time)
    {
        _model = model;
        _options = options;
        _cacheTokens = options.CacheTokens;
        _time = time;
        _endTokens = [.. model.EndTokens.Where(t => t >= 0 && t < model.Vocabulary)];
    }

    public EngineMetrics Metrics { get; } = new();

    public SchedulerOptions Options => _options;

    /// <summary>Answers being computed.</summary>
    public int Running => Math.Min(_runningInWorker, _open);

    /// <summary>Answers that wait for a place, or for a worker.</summary>
    public int Waiting => Math.Max(0, _open - _runningInWorker);

    /// <summary>The longest sequence there is room for.</summary>
    public int LongestSequence => (int)Math.Min(_model.ContextLength, CacheTokens);

    /// <summary>Tokens that all caches together may hold.</summary>
    public long CacheTokens => Volatile.Read(ref _cacheTokens);

    /// <summary>A worker has loaded the model, and its device has room for so many tokens.</summary>
    public void HasRoomFor(long cacheTokens)
    {
        Volatile.Write(ref _cacheTokens, Math.Min(_options.CacheTokens, cacheTokens));
        Metrics.EmptyCache();
    }

    /// <summary>Takes a request in; null when too many wait.</summary>
    public Generation? Submit(GenerationRequest request)
    {
        lock (_lock)
        {
            if (_open + request.Choices > _options.MaxRunning + _options.MaxWaiting)
            {
                Metrics.CountRefused();
                return null;
            }
            Metrics.CountRequest();
            var generation = new Generation(request, _lastId + 1, Now, Cancel);
            for (var choice = 0; choice < request.Choices; choice++)
            {
                var text = new AnswerText(_model.Tokenizer, request.Stop, request.KeepSpecial, request.Sampling.MinTokens);
                var entry = new JournalEntry(SequenceOf(request, choice), generation, text);
                _entries.Add(entry.Request.Id, entry);
                _worker?.Invoke(new WorkerOrder.Submit(entry.Request));
            }
            _open = _entries.Count;
            return generation;
        }
    }

    /// <summary>A new worker: it gets all that is open, first what has begun, and from now on what comes.</summary>
    public void Attach(Action<WorkerOrder> worker)
    {
        lock (_lock)
        {
            _worker = worker;
            foreach (var entry in _entries.Values.OrderBy(e => e.Tokens.Count == 0))
                worker(new WorkerOrder.Submit(entry.Resumed));
        }
    }

    /// <summary>The worker is gone; what is open waits for the next one. Who has seen too many die under him is given up.</summary>
    public void Detach()
    {
        lock (_lock)
        {
            _worker = null;
            _runningInWorker = 0;
            foreach (var entry in _entries.Values.Where(e => e.StartedHere).ToArray())
            {
                entry.StartedHere = false;
                if (++entry.FruitlessLives >= _options.MaxFruitlessLives)
                    Finish(entry, FinishReason.Failed, "");
            }
        }
    }

    /// <summary>
    /// The worker of now is not believed any more, and the last tokens of what is under way may be wrong. Those answers are counted and go on all
    /// the same: what a client has read cannot be taken back.
    /// </summary>
    /// <returns>Their ids, for the log.</returns>
    public IReadOnlyList<long> MarkSuspect()
    {
        lock (_lock)
        {
            var marked = _entries.Values.Where(e => e.StartedHere && e.Tokens.Count > 0).ToArray();
            Metrics.CountSuspicion(marked.Length);
            return [.. marked.Select(e => e.Request.Id)];
        }
    }

    /// <summary>Takes down what a worker's step brought, and passes it on.</summary>
    /// <exception cref="JournalFault">It does not fit.</exception>
    public void Take(StepReport report)
    {
        lock (_lock)
        {
            _runningInWorker = report.Running;
            Metrics.CountStep(report, CacheTokens, Now);
            foreach (var happened in report.Events)
            {
                // One that is not here any more was cancelled while this was on its way.
                if (_entries.TryGetValue(happened.Id, out var entry))
                    Take(entry, happened);
            }
        }
    }

    /// <summary>Ends every answer: there will be no worker any more.</summary>
    public void FailAll()
    {
        lock (_lock)
        {
            foreach (var entry in _entries.Values.ToArray())
                Finish(entry, FinishReason.Failed, "");
        }
    }

    private TimeSpan Now => Moment.Of(_time).Uptime;

    private SequenceRequest SequenceOf(GenerationRequest request, int choice) => new()
    {
        Id = ++_lastId,
        Prompt = request.Prompt,
        MaxTokens = request.MaxTokens,
        Sampling = request.Sampling,
        Choice = choice,
        EndTokens = request.IgnoreEnd ? [] : _endTokens,
        Logprobs = request.Logprobs,
        // The first choice reports the log probabilities of the prompt for all.
        PromptLogprobs = choice == 0 ? request.PromptLogprobs : null,
        Client = request.Client,
    };

    private void Cancel(Generation generation)
    {
        lock (_lock)
        {
            for (var id = generation.FirstId; id < generation.FirstId + generation.Request.Choices; id++)
            {
                if (_entries.TryGetValue(id, out var entry))
                    GiveUp(entry);
            }
        }
    }

    private void GiveUp(JournalEntry entry)
    {
        _worker?.Invoke(new WorkerOrder.Cancel(entry.Request.Id));
        Finish(entry, FinishReason.Cancelled, "");
    }

    private void Take(JournalEntry entry, SequenceEvent happened)
    {
        switch (happened)
        {
            case SequenceEvent.Started started:
                Start(entry, started);
                break;
            case SequenceEvent.PromptScored scored:
                entry.Generation.PromptLogprobs.Add(scored.Logprob);
                break;
            case SequenceEvent.Token token:
                TakeToken(entry, token);
                break;
            case SequenceEvent.Ended ended:
                Finish(entry, ended.Reason, ended.Reason == FinishReason.Length ? entry.Text.Flush() : "");
                break;
            default:
                throw new UnreachableException();
        }
    }

    private void Start(JournalEntry entry, SequenceEvent.Started started)
    {
        entry.StartedHere = true;
        if (entry.Started is not null)
            return;
        entry.Started = Now;
        if (entry.Request.Choice == 0)
            entry.Generation.CachedTokens = started.CachedTokens;
        Metrics.CountStart(entry);
    }

    private void TakeToken(JournalEntry entry, SequenceEvent.Token token)
    {
        if (token.Index != entry.Tokens.Count)
            throw new JournalFault($"the worker sent token {token.Index} of answer {entry.Request.Id}, of which {entry.Tokens.Count} are known");
        if (token.Value < 0 || token.Value >= _model.Vocabulary)
            throw new JournalFault($"the worker sent token {token.Value} of answer {entry.Request.Id}; the vocabulary ends at {_model.Vocabulary - 1}");
        entry.Tokens.Add(token.Value);
        entry.Unreported.Add(token.Value);
        entry.FruitlessLives = 0;
        Metrics.CountToken(entry, Now);

        var end = entry.Request.EndAt(token.Value, entry.Tokens.Count);
        if (end == FinishReason.Stop)
        {
            Finish(entry, FinishReason.Stop, entry.Text.Flush());
            return;
        }
        var text = entry.Text.Append(token.Value);
        if (token.Logprob is not null)
            entry.Text.Attach(token.Logprob);
        if (entry.Text.Stopped)
        {
            // The worker does not know of text, and may be a token further already.
            if (end is null)
                _worker?.Invoke(new WorkerOrder.Cancel(entry.Request.Id));
            Finish(entry, FinishReason.Stop, text);
        }
        else if (end is not null)
        {
            Finish(entry, FinishReason.Length, text + entry.Text.Flush());
        }
        else
        {
            Report(entry, text, reason: null);
            if (entry.Generation.Pieces.Count > _options.MaxUnreadPieces)
                GiveUp(entry);
        }
    }

    private void Finish(JournalEntry entry, FinishReason reason, string lastText)
    {
        _entries.Remove(entry.Request.Id);
        _open = _entries.Count;
        Metrics.CountFinish(entry, reason, Now);
        Report(entry, lastText, reason);
    }

    private static void Report(JournalEntry entry, string text, FinishReason? reason)
    {
        var logprobs = entry.Request.Logprobs is null ? null : entry.Text.TakeLogprobs();
        if (text.Length == 0 && reason is null && logprobs is not { Count: > 0 } && !entry.Text.TokensOnly)
            return;
        int[] tokens = [.. entry.Unreported];
        entry.Unreported.Clear();
        entry.Generation.Write(new Piece(entry.Request.Choice, tokens, text, logprobs, reason));
    }
}
