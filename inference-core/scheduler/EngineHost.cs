namespace InferenceCore.Scheduling;

/// <summary>
/// The engine's thread: loads the model, proves with one token that it works, then steps as long as there is something to do. Parking stops
/// it between two steps.
/// </summary>
internal sealed class EngineHost : IDisposable
{
    private readonly Func<ServedModel> _load;
    private readonly Func<ServedModel, SchedulerOptions> _options;
    private readonly int _threads;
    private readonly TimeProvider _time;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _work = new(false);
    private readonly TaskCompletionSource<Exception?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _proven = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Scheduler? _scheduler;
    private volatile ServedModel? _model;
    private volatile bool _park;
    private volatile bool _parked;
    private volatile bool _drain;
    private volatile bool _stop;
    private volatile bool _ready;
    private volatile string? _failure;

    /// <param name="load">Reads the model; its exceptions end the engine.</param>
    /// <param name="options">Limits, which may depend on the model.</param>
    /// <param name="threads">Threads that compute.</param>
    public EngineHost(Func<ServedModel> load, Func<ServedModel, SchedulerOptions> options, int threads, TimeProvider time)
    {
        _load = load;
        _options = options;
        _threads = threads;
        _time = time;
        _thread = new Thread(Run) { Name = "engine", IsBackground = true };
    }

    /// <summary>Null until loaded.</summary>
    public ServedModel? Model => _model;

    /// <summary>Null until loaded.</summary>
    public Scheduler? Scheduler => _scheduler;

    /// <summary>Completes when the model is loaded and has produced a token; cancelled when that failed.</summary>
    public Task Proven => _proven.Task;

    /// <summary>Completes when the thread ends: with null after <see cref="Dispose"/>, otherwise with what went wrong.</summary>
    public Task<Exception?> Ended => _ended.Task;

    /// <summary>Why the state is Failed.</summary>
    public string? Failure => _failure;

    public EngineState State =>
        _failure is not null ? EngineState.Failed
        : !_ready ? EngineState.Loading
        : _drain ? EngineState.Draining
        : _park ? EngineState.Parked
        : EngineState.Ready;

    /// <summary>Parked, and the step that was under way has ended.</summary>
    public bool IsStill => _parked;

    public void Start() => _thread.Start();

    /// <summary>Takes a request in, or says why not.</summary>
    public Generation? Submit(GenerationRequest request, out Refusal refusal)
    {
        refusal = State switch
        {
            EngineState.Loading => Refusal.Loading,
            EngineState.Draining => Refusal.Draining,
            EngineState.Failed => Refusal.Failed,
            _ => Refusal.None,
        };
        if (refusal != Refusal.None)
            return null;
        var generation = _scheduler!.Submit(request);
        if (generation is null)
            refusal = Refusal.Full;
        return generation;
    }

    /// <summary>No further step until <see cref="Resume"/>. What is under way ends first.</summary>
    public void Park()
    {
        _park = true;
        _work.Set();
    }

    public void Resume()
    {
        _park = false;
        _work.Set();
    }

    /// <summary>Takes nothing new; returns true when nothing runs or waits any more.</summary>
    public bool Drain()
    {
        _drain = true;
        return _scheduler is not { } scheduler || scheduler.Running + scheduler.Waiting == 0;
    }

    public void Dispose()
    {
        _stop = true;
        _work.Set();
        // A load or a step cannot be interrupted; the thread is a background one and ends with the process.
        if (_thread.IsAlive && (_ready || _failure is not null))
            _thread.Join(TimeSpan.FromSeconds(1));
    }

    private void Run()
    {
        try
        {
            _model = _load();
            using var scheduler = new Scheduler(_model, _options(_model), _threads, _time, _work.Set);
            _scheduler = scheduler;
            Prove(scheduler);
            _ready = true;
            _proven.SetResult();
            Loop(scheduler);
            _ended.SetResult(null);
        }
        catch (Exception e) // the thread's edge: whatever it was, this process cannot serve any more, and says so
        {
            _failure = e.Message;
            _scheduler?.FailAll();
            _proven.TrySetCanceled();
            _ended.SetResult(e);
        }
    }

    /// <summary>One token through everything: memory is touched, code is warm, and the weights give finite numbers.</summary>
    private void Prove(Scheduler scheduler)
    {
        var probe = scheduler.Submit(Probe())!;
        while (scheduler.Step())
        {
        }
        if (!probe.Pieces.TryRead(out var piece) || piece.Finish == FinishReason.Failed)
            throw new InvalidDataException("the model's first token is not a finite number; its weights are damaged or not of this architecture");
    }

    /// <summary>A request for one token.</summary>
    public GenerationRequest Probe() => new()
    {
        Prompt = [_model!.Engine.Config.BeginToken is { } begin && begin < _model.Vocabulary ? begin : 0],
        MaxTokens = 1,
        Sampling = new SamplingOptions { Temperature = 0, Seed = 0 },
    };

    private void Loop(Scheduler scheduler)
    {
        while (!_stop)
        {
            _work.Reset();
            _parked = _park;
            if (_parked || !scheduler.Step())
                _work.Wait();
        }
        scheduler.FailAll();
    }
}
