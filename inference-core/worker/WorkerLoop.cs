using System.Diagnostics;
using InferenceCore.Engine;
using InferenceCore.Scheduling;

namespace InferenceCore.Worker;

/// <summary>
/// What a worker does, apart from the socket: loads on the first order, then carries out orders between two steps. Belongs to one thread.
/// </summary>
/// <param name="tell">Takes the news to the gateway; may wait for it.</param>
/// <param name="time">Says how long it has been idle.</param>
/// <param name="progress">Called while loading and in long steps.</param>
/// <param name="load">Makes the engine of an order; null: the one that it names.</param>
internal sealed class WorkerLoop(
    Action<WorkerNews> tell, TimeProvider time, Action? progress = null, Func<WorkerOrder.Begin, ForwardOptions, IForward>? load = null) : IDisposable
{
    /// <summary>Half of what makes the gateway doubt that tokens still come.</summary>
    public static readonly TimeSpan IdleTokenEvery = TimeSpan.FromSeconds(5);

    private readonly Func<WorkerOrder.Begin, ForwardOptions, IForward> _load = load ?? ((begin, room) => ForwardLoader.Load(begin.ModelDirectory, begin.Device, room));
    private Scheduler? _scheduler;
    private int _proof;
    private long _lastToken;
    private long _cacheTold;

    /// <summary>No step is computed.</summary>
    public bool Parked { get; private set; }

    /// <exception cref="EngineException">The model cannot be loaded.</exception>
    /// <exception cref="InvalidDataException">It does not work.</exception>
    public void Carry(WorkerOrder order)
    {
        switch (order)
        {
            case WorkerOrder.Begin begin:
                if (_scheduler is not null)
                    throw new WireFault("a second model is ordered");
                // Before the served model, which leaves a GPU no memory.
                var guide = GuideQuestion.Ask(begin.Guide, begin, _load, progress);
                Begin(_load(begin, Scheduler.RoomFor(begin.Options, begin.Threads, progress)), begin, guide);
                break;
            case WorkerOrder.Submit submit:
                Started.Add(submit.Request);
                break;
            case WorkerOrder.Cancel cancel:
                Started.Cancel(cancel.Id);
                break;
            case WorkerOrder.Park park:
                Parked = park.On;
                break;
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>Proves that a model works and answers as it once did, and takes requests from then on.</summary>
    private void Begin(IForward forward, WorkerOrder.Begin begin, string guide)
    {
        _scheduler = new Scheduler(forward, begin.Options, begin.Threads);
        _proof = _scheduler.Prove();
        var answer = $"{ModelVerifier.CheckAnswer(begin.ModelDirectory, forward)}; {guide}";
        _lastToken = time.GetTimestamp();
        var (pool, gpu) = (forward.Pool, forward.Pool.Gpu ?? "");
        tell(new WorkerNews.Proven(forward.Config.Vocabulary, (long)pool.Limit * KvCache.BlockTokens, gpu, gpu.Length > 0 ? pool.Limit * pool.BlockBytes : 0, answer));
    }

    /// <summary>One step, if there is anything to do. False: there is not.</summary>
    /// <exception cref="EngineChanged">What was computed last must not be told.</exception>
    public bool Step()
    {
        if (Parked || _scheduler is null)
            return false;
        var report = new StepReport();
        if (!_scheduler.Step(report) && report.CacheTokens == _cacheTold)
            return false;
        _cacheTold = report.CacheTokens; // somebody who was cancelled gives memory back without a step
        tell(new WorkerNews.Stepped(report));
        _lastToken = time.GetTimestamp();
        return true;
    }

    /// <summary>
    /// There was nothing to do: the weights are looked after, and now and then a token is computed for nobody, so that an engine that would not
    /// answer is known before somebody asks. Parked means that not even that is done.
    /// </summary>
    /// <exception cref="EngineChanged">Nothing more is to be computed.</exception>
    /// <exception cref="InvalidDataException">The token is not a finite number any more.</exception>
    public void Idle()
    {
        if (Parked || _scheduler is null)
            return;
        _scheduler.Watch();
        if (time.GetElapsedTime(_lastToken) < IdleTokenEvery)
            return;
        var token = _scheduler.Prove();
        if (token != _proof)
            throw new EngineChanged($"was asked the same as at its start and answered token {token} instead of {_proof}", []);
        _lastToken = time.GetTimestamp();
        tell(new WorkerNews.Awake());
    }

    public void Dispose() => _scheduler?.Dispose();

    private Scheduler Started => _scheduler ?? throw new WireFault("a request is sent before a model");
}
