using System.Diagnostics;
using InferenceCore.Engine;
using InferenceCore.Worker;

namespace InferenceCore.Scheduling;

// The watching thread: one worker's life after another.
internal sealed partial class EngineHost
{
    private void Run()
    {
        try
        {
            Serve();
            _journal?.FailAll();
            _ended.SetResult(null);
        }
        catch (Exception e) // the thread's edge: whatever it was, this process cannot serve any more, and says so
        {
            _failure = e.Message;
            _live = false;
            _journal?.FailAll();
            _proven.TrySetCanceled();
            _ended.SetResult(e);
        }
    }

    private void Serve()
    {
        var config = ModelConfig.Load(_setup.ModelDirectory);
        var loading = Task.Run(() => _setup.Load(config));
        var begin = new WorkerOrder.Begin(_setup.ModelDirectory, _setup.Device, _setup.Threads, _setup.Options(config), _setup.GuideDirectory);
        var unproven = 0;
        var pause = TimeSpan.Zero;
        var lostAt = Now;
        while (!_stop)
        {
            if (_park && _proven.Task.IsCompletedSuccessfully)
            {
                // Nobody computes now; and a proof would.
                _wake.WaitOne();
                continue;
            }
            Wait(pause);
            var started = Now;
            unproven++;
            try
            {
                using var link = _setup.Start();
                link.Send(begin);
                _journal ??= Open(loading.GetAwaiter().GetResult(), begin.Options);
                _journal.Metrics.CountWorker();
                Prove(link);
                unproven = 0;
                Adopt(link, Now - lostAt);
                Listen(link);
            }
            catch (WorkerLost e)
            {
                Mourn(e);
                lostAt = Now;
            }
            if (unproven >= MaxUnproven)
                throw new EngineException($"{MaxUnproven} workers in a row did not come up; the last one {_lastLoss}");
            pause = lostAt - started > GoodLife ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Clamp(pause.TotalMilliseconds * 2, 20, LongestPause.TotalMilliseconds));
        }
    }

    private Journal Open(ServedModel model, SchedulerOptions options)
    {
        _model = model;
        return new Journal(model, options, _time);
    }

    private void Wait(TimeSpan pause)
    {
        var until = Now + pause;
        while (!_stop && Now is var now && now < until)
            _wake.WaitOne(until - now);
    }

    /// <summary>Until it has loaded the model and made a token.</summary>
    private void Prove(IWorkerLink link)
    {
        while (true)
        {
            switch (Next(link, SilentLooksLoading))
            {
                case null:
                    return; // Stopping.
                case WorkerNews.Beat:
                    break;
                case WorkerNews.Proven proven when proven.Vocabulary == _model!.Vocabulary:
                    _journal!.HasRoomFor(proven.CacheTokens);
                    _caches = proven;
                    _journal.Metrics.CountProof(Now);
                    Checked?.Invoke(link.Name, proven.Answer);
                    return;
                case WorkerNews.Proven proven:
                    throw new EngineException($"{_setup.ModelDirectory}: changed while it was read; its vocabulary has {_model!.Vocabulary} and {proven.Vocabulary} tokens");
                case WorkerNews.Failed failed when !_proven.Task.IsCompletedSuccessfully:
                    throw new EngineException(failed.Message);
                case WorkerNews.Failed failed:
                    throw new WorkerLost($"could not load the model again: {failed.Message}");
                default:
                    throw new WorkerLost("sent a step before it had a model");
            }
        }
    }

    private void Adopt(IWorkerLink link, TimeSpan after)
    {
        if (_stop)
            return;
        lock (_parking)
        {
            _link = link;
            _still = false;
            if (_park)
                link.Send(new WorkerOrder.Park(true));
        }
        var open = _journal!.Running + _journal.Waiting;
        _journal.Attach(link.Send);
        _live = true;
        if (!_proven.TrySetResult())
            Replaced?.Invoke(link.Name, after, open);
    }

    private void Listen(IWorkerLink link)
    {
        while (Next(link, SilentLooks) is { } news)
        {
            switch (news)
            {
                case WorkerNews.Beat beat:
                    _still = beat.Still;
                    break;
                case WorkerNews.Stepped stepped:
                    Take(stepped.Report);
                    break;
                case WorkerNews.Awake:
                    _journal!.Metrics.CountProof(Now);
                    break;
                case WorkerNews.Failed failed:
                    throw new WorkerLost(failed.Message, suspect: failed.Suspect);
                case WorkerNews.Proven:
                    throw new WorkerLost("said that it was loaded a second time");
                default:
                    throw new UnreachableException();
            }
        }
    }

    private void Take(StepReport report)
    {
        try
        {
            _journal!.Take(report);
        }
        catch (JournalFault e)
        {
            throw new WorkerLost(e.Message, e);
        }
    }

    /// <summary>The next news; null when this host is to stop.</summary>
    /// <exception cref="WorkerLost">It is gone, or has been silent for so many looks.</exception>
    private WorkerNews? Next(IWorkerLink link, int silentLooks)
    {
        for (var look = 0; look < silentLooks; look++)
        {
            if (_stop)
                return null;
            if (link.Receive(Look) is { } news)
                return news;
        }
        throw new WorkerLost($"gave no sign of life for {silentLooks * Look.TotalSeconds:0.0} s");
    }

    private void Mourn(WorkerLost e)
    {
        _lastLoss = e.Message;
        var wasLive = _live;
        string? name;
        lock (_parking)
        {
            name = _link?.Name;
            _link = null;
            _live = false;
        }
        var marked = e.Suspect && _journal is { } journal ? journal.MarkSuspect() : [];
        _journal?.Detach();
        if (wasLive)
            Lost?.Invoke(name ?? "worker", e.Message);
        if (e.Suspect)
        {
            _suspicion = e.Message;
            Suspected?.Invoke(e.Message, marked);
        }
    }
}
