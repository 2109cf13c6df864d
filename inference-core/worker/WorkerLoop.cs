using System.Diagnostics;
using InferenceCore.Engine;
using InferenceCore.Scheduling;

namespace InferenceCore.Worker;

/// <summary>
/// What a worker does, apart from the socket and the clock: loads on the first order, then carries out orders between two steps. Belongs to
/// one thread.
/// </summary>
/// <param name="tell">Takes the news to the gateway; may wait for it.</param>
/// <param name="progress">Called while loading and in long steps.</param>
internal sealed class WorkerLoop(Action<WorkerNews> tell, Action? progress = null) : IDisposable
{
    private Scheduler? _scheduler;

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
                Begin(ForwardLoader.Load(begin.ModelDirectory, begin.Device, Scheduler.RoomFor(begin.Options, begin.Threads, progress)), begin);
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

    /// <summary>Proves that a model works and takes requests from then on.</summary>
    public void Begin(IForward forward, WorkerOrder.Begin begin)
    {
        _scheduler = new Scheduler(forward, begin.Options, begin.Threads);
        _scheduler.Prove();
        tell(new WorkerNews.Proven(forward.Config.Vocabulary, (long)forward.Pool.Limit * KvCache.BlockTokens));
    }

    /// <summary>One step, if there is anything to do. False: there is not.</summary>
    public bool Step()
    {
        if (Parked || _scheduler is null)
            return false;
        var report = new StepReport();
        if (!_scheduler.Step(report))
            return false;
        tell(new WorkerNews.Stepped(report));
        return true;
    }

    public void Dispose() => _scheduler?.Dispose();

    private Scheduler Started => _scheduler ?? throw new WireFault("a request is sent before a model");
}
