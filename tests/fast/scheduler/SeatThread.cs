using System.Net.Sockets;
using FastTests.Bus;
using InferenceCore.Engine;
using InferenceCore.Scheduling;
using InferenceCore.Worker;

namespace FastTests.Scheduling;

/// <summary>A worker's own seat, beats and all, over a real socket; only that it sits on a thread of this process and its engine is given.</summary>
internal sealed class SeatThread : IWorkerLink
{
    private readonly TemporaryDirectory _folder = new();
    private readonly FrameBuffer _frames = new();
    private readonly Socket _socket;

    public SeatThread(Func<ForwardOptions, IForward> load)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(_folder.File("s")));
        listener.Listen(1);
        new Thread(() =>
        {
            using var seat = WorkerSeat.Connect(_folder.File("s"), TimeProvider.System, (_, room) => load(room));
            seat.Run();
        })
        { IsBackground = true, Name = "seat" }.Start();
        _socket = listener.Accept();
    }

    public string Name => "seat";

    public void Send(WorkerOrder order)
    {
        try
        {
            _socket.Send(OrderWire.Write(order).Span);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Receive tells.
        }
    }

    public WorkerNews? Receive(TimeSpan patience)
    {
        while (true)
        {
            if (_frames.TryTake(out var frame))
                return NewsWire.Read(frame);
            if (!_socket.Poll(patience, SelectMode.SelectRead))
                return null;
            var bytes = _socket.Receive(_frames.Room().Span);
            if (bytes == 0)
                throw new WorkerLost("closed its socket");
            _frames.Filled(bytes);
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _folder.Dispose();
    }
}
