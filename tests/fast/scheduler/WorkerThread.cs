using System.Collections.Concurrent;
using InferenceCore.Engine;
using InferenceCore.Scheduling;
using InferenceCore.Worker;

namespace FastTests.Scheduling;

/// <summary>A worker on a thread of this process; orders and news go as the bytes that a socket would carry.</summary>
internal sealed class WorkerThread : IWorkerLink
{
    private readonly BlockingCollection<byte[]> _orders = [];
    private readonly BlockingCollection<byte[]> _news = [];
    private volatile bool _silent;
    private volatile bool _dead;

    /// <param name="load">Makes its engine; null: the one on the processor.</param>
    public WorkerThread(Func<WorkerOrder.Begin, ForwardOptions, IForward>? load = null) =>
        new Thread(() => Run(load)) { IsBackground = true, Name = "worker" }.Start();

    public string Name => "thread";

    public void Send(WorkerOrder order)
    {
        if (!_dead)
            _orders.Add(OrderWire.Write(order)[sizeof(uint)..].ToArray());
    }

    public WorkerNews? Receive(TimeSpan patience)
    {
        if (_dead)
            throw new WorkerLost("died");
        return _news.TryTake(out var frame, patience) ? NewsWire.Read(frame) : null;
    }

    /// <summary>What it has said and nobody has heard is lost.</summary>
    public void Die() => _dead = true;

    /// <summary>It neither steps nor beats any more.</summary>
    public void FallSilent() => _silent = true;

    public void Dispose() => _dead = true;

    private void Run(Func<WorkerOrder.Begin, ForwardOptions, IForward>? load)
    {
        using var loop = new WorkerLoop(news => _news.Add(NewsWire.Write(news)[sizeof(uint)..].ToArray()), TimeProvider.System, load: load);
        try
        {
            while (!_dead)
            {
                if (_silent)
                {
                    Thread.Sleep(1);
                    continue;
                }
                while (_orders.TryTake(out var order))
                    loop.Carry(OrderWire.Read(order));
                if (loop.Step())
                    continue;
                _news.Add(NewsWire.Write(new WorkerNews.Beat(loop.Parked))[sizeof(uint)..].ToArray());
                if (_orders.TryTake(out var next, 20))
                    loop.Carry(OrderWire.Read(next));
            }
        }
        catch (Exception e) when (e is EngineException or InvalidDataException)
        {
            _news.Add(NewsWire.Write(new WorkerNews.Failed(e.Message, Suspect: false))[sizeof(uint)..].ToArray());
        }
    }
}
