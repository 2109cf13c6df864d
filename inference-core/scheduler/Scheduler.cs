using InferenceCore.Engine;

namespace InferenceCore.Scheduling;

/// <summary>
/// Continuous batching: every step computes the next tokens of all running answers and a piece of the prompts beside them; places are given
/// anew between steps. Knows tokens only, and belongs to one thread, the engine's. What it holds can be had again from the journal at any time.
/// </summary>
internal sealed partial class Scheduler : IDisposable
{
    // Rows of logits beside one for each sequence: for prompts whose log probabilities are wanted. A row of a large vocabulary is 0.6 MB.
    private const int MaxScoredRows = 64;

    private readonly IForward _forward;
    private readonly SchedulerOptions _options;
    private readonly KvPool _pool;
    private readonly Drawing _drawing;
    private readonly PrefixStore _prefixes = new();
    private readonly WaitingLine _waiting = new();
    private readonly List<Sequence> _running = [];

    // The system had no memory for a block; nobody is let in before somebody has left.
    private bool _outOfMemory;

    /// <param name="forward">Made with <see cref="RoomFor"/> these options; disposed with the scheduler.</param>
    /// <param name="options">Limits.</param>
    /// <param name="threads">Threads that draw tokens.</param>
    public Scheduler(IForward forward, SchedulerOptions options, int threads)
    {
        _forward = forward;
        _options = options;
        _pool = forward.Pool;
        _drawing = new Drawing(forward, threads);
    }

    /// <summary>What an engine must have room for to be scheduled so.</summary>
    /// <param name="options">Limits.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="progress">Called while loading and many times in a step, from the thread that calls <see cref="Step"/>: it is not stuck.</param>
    public static ForwardOptions RoomFor(SchedulerOptions options, int threads, Action? progress = null) => new()
    {
        MaxTokens = options.PrefillChunk + options.MaxRunning,
        MaxLogits = Math.Min(options.PrefillChunk, MaxScoredRows) + options.MaxRunning,
        MaxSequences = options.MaxRunning,
        CacheBlocks = options.CacheBlocks,
        Threads = threads,
        Progress = progress,
    };

    public SchedulerOptions Options => _options;

    /// <summary>What goes on in the engine beside steps goes on.</summary>
    public void Watch() => _forward.Watch();

    /// <summary>Takes a sequence in. How many there may be the journal has decided.</summary>
    public void Add(SequenceRequest request)
    {
        var sequence = new Sequence(request);
        if (request.Generated.Count > 0)
            _waiting.AddReturning(sequence);
        else
            _waiting.Add(sequence);
    }

    /// <summary>Nobody wants the answer any more. An id that is not here any more is fine: its last token was on its way.</summary>
    public void Cancel(long id)
    {
        if (_waiting.Remove(id) is null && _running.Find(s => s.Request.Id == id) is { } sequence)
            Leave(sequence, keep: true);
    }

    /// <summary>Computes one step and adds what it did to <paramref name="report"/>. False: there was nothing to do.</summary>
    public bool Step(StepReport report)
    {
        Admit(report);
        var plan = PlanThatFits(report);
        if (plan.Count > 0)
            Compute(plan, report);
        report.Running = _running.Count;
        report.CacheTokens = (long)(_pool.Used - _pool.Kept) * KvCache.BlockTokens;
        return plan.Count > 0 || report.Events.Count > 0;
    }

    /// <summary>
    /// One token through everything: memory is touched, code is warm, and the weights give finite numbers.
    /// </summary>
    /// <returns>The token: the same whenever there is nothing else to compute.</returns>
    /// <exception cref="InvalidDataException">They do not.</exception>
    public int Prove()
    {
        var first = _forward.Config.BeginToken is { } begin && begin < _forward.Config.Vocabulary ? begin : 0;
        Add(new SequenceRequest { Id = 0, Prompt = [first], MaxTokens = 1, Sampling = new SamplingOptions { Temperature = 0, Seed = 0 } });
        var report = new StepReport();
        while (Step(report))
        {
            if (report.Events.OfType<SequenceEvent.Token>().FirstOrDefault() is { } token)
                return token.Value;
            if (report.Events.OfType<SequenceEvent.Ended>().Any())
                break;
        }
        throw new InvalidDataException("the model's first token is not a finite number; its weights are damaged or not of this architecture");
    }

    public void Dispose()
    {
        _drawing.Dispose();
        _forward.Dispose();
    }

    /// <summary>Takes a running sequence out.</summary>
    /// <param name="keep">Its cache may serve others.</param>
    private void Leave(Sequence sequence, bool keep)
    {
        _running.Remove(sequence);
        _outOfMemory = false;
        if (sequence.Cache is not { } cache)
            return;
        if (keep)
            _prefixes.Put(sequence.Known, cache);
        else
            cache.Release();
        sequence.Cache = null;
    }
}
