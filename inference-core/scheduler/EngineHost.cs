using Appliance.Model;
using InferenceCore.Engine;
using InferenceCore.Worker;

namespace InferenceCore.Scheduling;

/// <summary>
/// Keeps a worker: starts it, listens to it, and replaces it when it dies or says nothing for too long. What it was working on is in the
/// journal and goes on in the next one. All of that is one thread's, so that nothing else in the process can make a healthy worker look silent.
/// </summary>
internal sealed partial class EngineHost : IDisposable
{
    /// <summary>Silence is counted in looks and not by the clock: a gateway that was itself stopped has not looked.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>A worker beats at least every 0.2 s: 1.8 s.</summary>
    private const int SilentLooks = 18;

    /// <summary>While it loads it beats with every part of the weights, and a part may be tens of gigabytes: 60 s.</summary>
    private const int SilentLooksLoading = 600;

    /// <summary>Workers in a row that may end before they have proven themselves.</summary>
    private const int MaxUnproven = 5;

    /// <summary>A life this long shows that the next start is worth no pause.</summary>
    private static readonly TimeSpan GoodLife = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private const double Mib = 1 << 20;

    private readonly EngineSetup _setup;
    private readonly TimeProvider _time;
    private readonly Thread _thread;
    private readonly Lock _parking = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly TaskCompletionSource<Exception?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _proven = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Journal? _journal;
    private volatile ServedModel? _model;
    private IWorkerLink? _link;
    private volatile bool _live;
    private volatile bool _still;
    private volatile bool _park;
    private volatile bool _drain;
    private volatile bool _stop;
    private volatile string? _failure;
    private volatile string? _lastLoss;
    private volatile string? _suspicion;
    private volatile WorkerNews.Proven? _caches;

    public EngineHost(EngineSetup setup, TimeProvider time)
    {
        _setup = setup;
        _time = time;
        _thread = new Thread(Run) { Name = "worker watch", IsBackground = true };
    }

    /// <summary>A worker that had proven itself is gone: which, and how it ended. Called from the watching thread.</summary>
    public event Action<string, string>? Lost;

    /// <summary>Another has taken its place: which, after how long, and how many answers go on.</summary>
    public event Action<string, TimeSpan, int>? Replaced;

    /// <summary>A worker has loaded the model and made a token: which, and what was found when it was asked for the known answer.</summary>
    public event Action<string, string>? Checked;

    /// <summary>What a lost worker computed lately may be wrong: why, and the answers under way that hold tokens of it, by id.</summary>
    public event Action<string, IReadOnlyList<long>>? Suspected;

    /// <summary>Null until loaded.</summary>
    public ServedModel? Model => _model;

    /// <summary>Null until the model's facts are known.</summary>
    public Journal? Journal => _journal;

    /// <summary>Completes when a worker has loaded the model and produced a token; cancelled when that failed.</summary>
    public Task Proven => _proven.Task;

    /// <summary>Completes when the thread ends: with null after <see cref="Dispose"/>, otherwise with what went wrong.</summary>
    public Task<Exception?> Ended => _ended.Task;

    /// <summary>Why the state is Failed, or why there is no worker at the moment.</summary>
    public string? Failure => _failure ?? (_live ? null : _lastLoss);

    /// <summary>What was last found changed in a worker that was not to be believed any more; null: nothing since this process began.</summary>
    public string? Suspicion => _suspicion;

    /// <summary>What the worker of now holds of GPUs for its caches; empty: nothing, null: there is none that could say.</summary>
    public IReadOnlyList<GpuCache>? GpuCaches => (_live, _caches) switch
    {
        (false, _) or (_, null) => null,
        (_, { Gpu: "" }) => [],
        (_, { } said) => [new(said.Gpu, Math.Round(said.CacheBytes / Mib), Math.Round(said.CacheBytes / Mib * (1 - _journal!.Metrics.CacheUsage)))],
    };

    public EngineState State =>
        _failure is not null ? EngineState.Failed
        : _drain && _proven.Task.IsCompletedSuccessfully ? EngineState.Draining
        : _park && _proven.Task.IsCompletedSuccessfully ? EngineState.Parked
        : _live ? EngineState.Ready : EngineState.Loading;

    /// <summary>Nothing is computed: parked, and the step that was under way has ended, or there is no worker.</summary>
    public bool IsStill => _park && (_still || !_live);

    public void Start() => _thread.Start();

    /// <summary>Takes a request in, or says why not. While there is no worker it waits like any other.</summary>
    public Generation? Submit(GenerationRequest request, out Refusal refusal)
    {
        refusal = _failure is not null ? Refusal.Failed : _drain ? Refusal.Draining : _journal is null ? Refusal.Loading : Refusal.None;
        if (refusal != Refusal.None)
            return null;
        var generation = _journal!.Submit(request);
        if (generation is null)
            refusal = Refusal.Full;
        return generation;
    }

    /// <summary>No further step until <see cref="Resume"/>. What is under way ends first. A worker that is lost meanwhile is not replaced before.</summary>
    public void Park() => Park(true);

    public void Resume() => Park(false);

    /// <summary>Takes nothing new; returns true when nothing runs or waits any more.</summary>
    public bool Drain()
    {
        _drain = true;
        return _journal is not { } journal || journal.Running + journal.Waiting == 0;
    }

    public void Dispose()
    {
        _stop = true;
        _wake.Set();
        // A start under way cannot be interrupted; the thread is a background one, and the kernel ends the worker with it.
        if (_thread.IsAlive && _thread != Thread.CurrentThread)
            _thread.Join(TimeSpan.FromSeconds(2));
    }

    /// <summary>A request for one token.</summary>
    public GenerationRequest Probe() => new()
    {
        Prompt = [_model!.Config.BeginToken is { } begin && begin < _model.Vocabulary ? begin : 0],
        MaxTokens = 1,
        Sampling = new SamplingOptions { Temperature = 0, Seed = 0 },
    };

    private void Park(bool on)
    {
        lock (_parking)
        {
            _park = on;
            _still = false;
            _link?.Send(new WorkerOrder.Park(on));
        }
        _wake.Set();
    }

    private TimeSpan Now => Moment.Of(_time).Uptime;
}
