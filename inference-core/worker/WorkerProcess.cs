using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using System.Threading.Channels;
using InferenceCore.Scheduling;

namespace InferenceCore.Worker;

/// <summary>
/// A worker in a child process, over a Unix socket. Created, read and disposed by one thread, which must live as long as the gateway: the
/// kernel ties the child's life to it. Orders may come from any thread.
/// </summary>
internal sealed class WorkerProcess : IWorkerLink
{
    /// <summary>Orders that may wait for a worker that does not read; there are no more requests than the journal lets in.</summary>
    private const int MaxOrders = 32_768;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(1);

    /// <summary>From the start of the child to its connection; it does nothing else before.</summary>
    private const int LooksForConnection = 200;

    private readonly Process _process;
    private readonly Socket _socket;
    private readonly Channel<WorkerOrder> _orders = Channel.CreateBounded<WorkerOrder>(new BoundedChannelOptions(MaxOrders) { SingleReader = true });
    private readonly FrameBuffer _frames = new();

    private WorkerProcess(Process process, Socket socket)
    {
        _process = process;
        _socket = socket;
        Name = $"process {process.Id}";
        _ = PumpAsync();
    }

    public string Name { get; }

    /// <param name="path">Of the socket; it is gone again when this returns.</param>
    /// <exception cref="WorkerLost">It did not start, or did not connect.</exception>
    public static WorkerProcess Start(string path)
    {
        Process? process = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Delete(path);
            using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen(1);
            process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!,
                [WorkerCommand.Verb, WorkerCommand.Socket, path, WorkerCommand.Gateway, $"{Environment.ProcessId}"]))!;
            var started = new WorkerProcess(process, Accept(listener, process));
            File.Delete(path);
            return started;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException or Win32Exception or ArgumentOutOfRangeException)
        {
            process?.Kill();
            throw new WorkerLost($"could not be started over {path}: {e.Message}", e);
        }
    }

    public void Send(WorkerOrder order)
    {
        // More than fits means that it has not read for long; it is about to be replaced, and gets everything again then.
        if (!_orders.Writer.TryWrite(order))
            _socket.Dispose();
    }

    public WorkerNews? Receive(TimeSpan patience)
    {
        try
        {
            while (true)
            {
                if (_frames.TryTake(out var frame))
                    return NewsWire.Read(frame);
                if (!_socket.Poll(patience, SelectMode.SelectRead))
                    return null;
                var bytes = _socket.Receive(_frames.Room().Span);
                if (bytes == 0)
                    throw new WorkerLost(HowItEnded());
                _frames.Filled(bytes);
            }
        }
        catch (WireFault e)
        {
            throw new WorkerLost($"sent what cannot be read: {e.Message}", e);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new WorkerLost(HowItEnded(), e);
        }
    }

    public void Dispose()
    {
        _orders.Writer.TryComplete();
        _socket.Dispose();
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit(EndsWithin);
        _process.Dispose();
    }

    private static Socket Accept(Socket listener, Process process)
    {
        for (var look = 0; look < LooksForConnection; look++)
        {
            if (!listener.Poll(Look, SelectMode.SelectRead))
            {
                if (process.HasExited)
                    throw new WorkerLost($"ended at once with exit code {process.ExitCode}");
                continue;
            }
            var peer = listener.Accept();
            if (PeerOf(peer) == process.Id)
                return peer;
            peer.Dispose();
        }
        process.Kill();
        throw new WorkerLost($"did not connect within {LooksForConnection * Look.TotalSeconds:0} s");
    }

    /// <summary>Process id of who is at the other end, as the kernel knows it (SO_PEERCRED: pid, uid, gid).</summary>
    private static int PeerOf(Socket socket)
    {
        const int SOL_SOCKET = 1, SO_PEERCRED = 17;
        Span<byte> credentials = stackalloc byte[3 * sizeof(int)];
        _ = socket.GetRawSocketOption(SOL_SOCKET, SO_PEERCRED, credentials);
        return BinaryPrimitives.ReadInt32LittleEndian(credentials);
    }

    private string HowItEnded()
    {
        if (!_process.WaitForExit(EndsWithin))
            return "closed its socket";
        return _process.ExitCode > 128 ? $"was ended by signal {_process.ExitCode - 128}" : $"ended with exit code {_process.ExitCode}";
    }

    private async Task PumpAsync()
    {
        try
        {
            await foreach (var order in _orders.Reader.ReadAllAsync())
            {
                for (var rest = OrderWire.Write(order); !rest.IsEmpty;)
                    rest = rest[await _socket.SendAsync(rest)..];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The reader of news sees the same end.
        }
    }
}
