using InferenceCore.Engine;

namespace InferenceCore.Scheduling;

/// <summary>
/// Continuous batching: every step computes the next tokens of all running answers and a piece of the prompts beside them; places are given
/// anew between steps. Knows tokens only, and belongs to one thread, the engine's. What it holds can be had again from the journal at any time.
/// </summary>
internal sealed partial class Scheduler : IDisposable
{
    private readonly EngineModel _model;
    private readonly SchedulerOptions _options;
    private readonly KvPool _pool;
    private readonly RunState _run;
    private readonly SamplerScratch _scratch = new();
    private readonly PrefixStore _prefixes = new();
    private readonly WaitingLine _waiting = new();
    private readonly List<Sequence> _running = [];

    // The system had no memory for a block; nobody is let in before somebody has left.
    private bool _outOfMemory;

    /// <param name="progress">Called many times in a step, from the thread that calls <see cref="Step"/>: it is not stuck.</param>
    /// <param name="pool">Memory of the caches; null: as the options say.</param>
    public Scheduler(EngineModel model, SchedulerOptions options, int threads, Action? progress = null, KvPool? pool = null)
    {
        _model = model;
        _options = options;
        _pool = pool ?? new KvPool(model.Config, options.CacheBlocks);
        var tokens = options.PrefillChunk + options.MaxRunning;
        _run = new RunState(model, tokens, tokens, threads) { Progress = progress };
    }

    public SchedulerOptions Options => _options;

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
        report.CacheTokens = (long)_pool.Used * KvCache.BlockTokens;
        return plan.Count > 0 || report.Events.Count > 0;
    }

    /// <summary>
    /// One token through everything: memory is touched, code is warm, and the weights give finite numbers.
    /// </summary>
    /// <exception cref="InvalidDataException">They do not.</exception>
    public void Prove()
    {
        var first = _model.Config.BeginToken is { } begin && begin < _model.Config.Vocabulary ? begin : 0;
        Add(new SequenceRequest { Id = 0, Prompt = [first], MaxTokens = 1, Sampling = new SamplingOptions { Temperature = 0, Seed = 0 } });
        var report = new StepReport();
        while (Step(report))
        {
            if (report.Events.OfType<SequenceEvent.Token>().Any())
                return;
            if (report.Events.OfType<SequenceEvent.Ended>().Any())
                break;
        }
        throw new InvalidDataException("the model's first token is not a finite number; its weights are damaged or not of this architecture");
    }

    public void Dispose() => _run.Dispose();

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
