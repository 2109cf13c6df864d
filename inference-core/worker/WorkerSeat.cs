using System.Collections.Concurrent;
using System.Net.Sockets;
using InferenceCore.Cuda;
using InferenceCore.Engine;
using InferenceCore.Scheduling;

namespace InferenceCore.Worker;

/// <summary>
/// A worker process' end of the socket. One thread reads orders; the thread of <see cref="Run"/> carries them out, steps, and is the only one
/// that sends a sign of life, so that a hung step is not hidden by a healthy helper. A gateway that does not read makes it wait: what it cannot
/// hand over it does not compute.
/// </summary>
internal sealed class WorkerSeat : IDisposable
{
    /// <summary>Orders that may wait for the end of a step; after that the socket fills.</summary>
    private const int MaxOrders = 4096;

    private static readonly TimeSpan BeatEvery = TimeSpan.FromMilliseconds(200);

    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private readonly BlockingCollection<WorkerOrder> _orders = new(MaxOrders);
    private readonly Lock _sending = new();
    private readonly WorkerLoop _loop;
    private long _lastSent;
    private bool _toldParked;

    private WorkerSeat(Socket socket, TimeProvider time, Func<WorkerOrder.Begin, ForwardOptions, IForward>? load)
    {
        _socket = socket;
        _time = time;
        _loop = new WorkerLoop(Tell, time, Beat, load);
    }

    /// <param name="path">Where the gateway listens.</param>
    /// <param name="time">For signs of life and idle tokens.</param>
    /// <param name="load">Makes the engine of an order; null: the one that it names.</param>
    public static WorkerSeat Connect(string path, TimeProvider time, Func<WorkerOrder.Begin, ForwardOptions, IForward>? load = null)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return new WorkerSeat(socket, time, load);
    }

    /// <summary>Until the gateway closes the socket, or the engine fails.</summary>
    public int Run()
    {
        new Thread(Read) { Name = "orders", IsBackground = true }.Start();
        try
        {
            while (Carry())
            {
            }
            return ExitCode.Done;
        }
        catch (SocketException)
        {
            return ExitCode.Done; // The gateway has gone.
        }
        catch (Exception e) // the process' edge: whatever it was, the gateway is told and starts another
        {
            TellLast(e);
            return ExitCode.Failed;
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _loop.Dispose();
    }

    /// <summary>The orders that have come, then a step. False: there will be no more orders.</summary>
    private bool Carry()
    {
        while (_orders.TryTake(out var order))
            Carry(order);
        if (_loop.Step())
            return !_orders.IsCompleted;
        _loop.Idle();
        Beat();
        if (_orders.TryTake(out var next, BeatEvery))
            Carry(next);
        return !_orders.IsCompleted;
    }

    private void Carry(WorkerOrder order)
    {
        _loop.Carry(order);
        // What loading left behind; from here on hardly anything is allocated, and nothing would ever collect it.
        if (order is WorkerOrder.Begin)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
    }

    private void Read()
    {
        var frames = new FrameBuffer();
        try
        {
            while (true)
            {
                var bytes = _socket.Receive(frames.Room().Span);
                if (bytes == 0)
                    break;
                frames.Filled(bytes);
                while (frames.TryTake(out var frame))
                    _orders.Add(OrderWire.Read(frame));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or WireFault)
        {
            // Either way nothing more can come.
        }
        _orders.CompleteAdding();
    }

    /// <summary>A sign of life, if none has been sent lately. That it is parked the gateway waits to hear.</summary>
    private void Beat()
    {
        if (_time.GetElapsedTime(Volatile.Read(ref _lastSent)) < BeatEvery / 2 && _loop.Parked == _toldParked)
            return;
        _toldParked = _loop.Parked;
        Tell(new WorkerNews.Beat(_toldParked));
    }

    private void Tell(WorkerNews news)
    {
        // Only while loading there is more than one thread that sends.
        lock (_sending)
        {
            _ = _socket.Send(NewsWire.Write(news).Span);
            Volatile.Write(ref _lastSent, _time.GetTimestamp());
        }
    }

    private void TellLast(Exception e)
    {
        try
        {
            var message = e is EngineException or CudaException or InvalidDataException or EngineChanged ? e.Message : $"the engine failed: {e.GetType().Name}: {e.Message}";
            Tell(new WorkerNews.Failed(message, Suspect: e is EngineChanged));
        }
        catch (SocketException)
        {
            Console.Error.WriteLine($"inference-core worker: {e.Message}");
        }
    }
}
