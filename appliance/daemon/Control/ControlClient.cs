using System.Net.Sockets;
using System.Text.Json;
using Appliance.Hardware;

namespace Appliance.Daemon.Control;

/// <summary>One connection to a control socket: ask, be answered. Not for several tasks at once.</summary>
internal sealed class ControlClient : IDisposable
{
    private const int MaxAnswerBytes = 16 * 1024 * 1024;

    private readonly Socket _socket;
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly LineFramer _framer = new(MaxAnswerBytes);
    private readonly byte[] _chunk = new byte[16 * 1024];

    private ControlClient(Socket socket, string path, TimeProvider time)
    {
        _socket = socket;
        _path = path;
        _time = time;
    }

    /// <summary>The process at the other end.</summary>
    public SocketPeer Peer => SocketPeer.Of(_socket);

    /// <returns>Null when nobody listens there.</returns>
    public static async Task<ControlClient?> ConnectAsync(string path, TimeProvider time, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel).ConfigureAwait(false);
            return new(socket, path, time);
        }
        catch (SocketException e) when (e.SocketErrorCode != SocketError.AccessDenied)
        {
            socket.Dispose();
            return null;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <exception cref="IOException">The connection broke or no answer came in time; the message is one line for a person.</exception>
    public async Task<ControlReply> AskAsync(string verb, Action<Utf8JsonWriter>? args, TimeSpan timeout, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            await SendAsync(ControlRequest.Line(verb, args), either.Token).ConfigureAwait(false);
            return ControlReply.Parse(await ReadLineAsync(either.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new IOException($"{_path}: no answer to {verb} within {timeout.TotalSeconds:0.#} s.");
        }
        catch (SocketException e)
        {
            throw new IOException($"{_path}: the connection broke ({e.SocketErrorCode}).", e);
        }
        catch (JsonException e)
        {
            throw new IOException($"{_path}: what answers there is not an appliance: {e.Message}", e);
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>A server that refuses says so and hangs up, perhaps before we have spoken: its line lies in our buffer then and is read all the same.</summary>
    private async Task SendAsync(ReadOnlyMemory<byte> left, CancellationToken cancel)
    {
        try
        {
            while (left.Length > 0)
                left = left[await _socket.SendAsync(left, SocketFlags.None, cancel).ConfigureAwait(false)..];
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.Shutdown or SocketError.ConnectionReset)
        {
            // Where there is no line either, reading says that the connection was closed.
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReadLineAsync(CancellationToken cancel)
    {
        ReadOnlyMemory<byte> line;
        while (!_framer.TryRead(out line))
        {
            if (_framer.Overflowed)
                throw new IOException($"{_path}: the answer is longer than {MaxAnswerBytes} bytes.");
            var read = await _socket.ReceiveAsync(_chunk, cancel).ConfigureAwait(false);
            if (read == 0)
                throw new IOException($"{_path}: the connection was closed.");
            _framer.Append(_chunk.AsSpan(0, read));
        }

        return line;
    }
}
