using System.Buffers;
using System.Net.Sockets;
using Appliance.Hardware;

namespace Appliance.Daemon.Control;

/// <summary>Answers one request. Runs on a session's own task; it must not wait for the control loop.</summary>
internal delegate ValueTask<ControlReply> ControlVerb(ControlRequest request, SocketPeer peer, CancellationToken cancel);

/// <summary>Limits of a control socket; each overflow is answered with one line.</summary>
internal sealed record ControlServerOptions
{
    public int MaxLineBytes { get; init; } = 64 * 1024;

    public int MaxSessions { get; init; } = 32;

    /// <summary>A client that does not take an answer for so long is hung up on.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A client that asks nothing for so long is hung up on.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Says in one line why somebody may not ask something; null where whoever can open the socket may ask everything.</summary>
    public Func<SocketPeer, string, string?>? Refusal { get; init; }

    /// <summary>Everybody may connect; then <see cref="Refusal"/> alone decides.</summary>
    public bool OpenToAll { get; init; }
}

/// <summary>
/// A Unix socket that answers one JSON line per JSON line, mode 0660 unless open to all. Each session has its own task and its own limits, so a
/// slow or rude client costs nobody else anything. Whoever opens it must hold the role's <see cref="RunLock"/>: a socket file
/// found here is then the left-over of a dead process and is replaced.
/// </summary>
internal sealed class ControlServer : IAsyncDisposable
{
    private readonly string _path;
    private readonly IReadOnlyDictionary<string, ControlVerb> _verbs;
    private readonly ControlServerOptions _options;
    private readonly TimeProvider _time;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _sessions = [];
    private Task _accepting = Task.CompletedTask;

    private ControlServer(
        string path, IReadOnlyDictionary<string, ControlVerb> verbs, ControlServerOptions options, TimeProvider time, Socket listener)
    {
        _path = path;
        _verbs = verbs;
        _options = options;
        _time = time;
        _listener = listener;
    }

    /// <summary>Binds and listens; requests are answered from now on.</summary>
    /// <exception cref="SocketException">The path cannot be bound (missing directory, no permission, longer than 107 bytes).</exception>
    public static ControlServer Start(
        string path, IReadOnlyDictionary<string, ControlVerb> verbs, ControlServerOptions options, TimeProvider time)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // Bound beside and moved into place: nobody ever sees a socket with the wrong mode or one that does not listen yet.
            var beside = $"{path}.{Environment.ProcessId}";
            File.Delete(beside);
            listener.Bind(new UnixDomainSocketEndPoint(beside));
            var everybody = options.OpenToAll ? UnixFileMode.OtherRead | UnixFileMode.OtherWrite : UnixFileMode.None;
            File.SetUnixFileMode(
                beside, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | everybody);
            listener.Listen(backlog: 64);
            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            listener.Dispose();
            throw;
        }

        var server = new ControlServer(path, verbs, options, time, listener);
        server._accepting = Task.Run(server.AcceptAsync);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        File.Delete(_path);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        Task[] sessions;
        lock (_gate)
            sessions = [.. _sessions];
        await Task.WhenAll(sessions).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // Out of descriptors, or the client was gone before we looked: neither ends the service.
                await Task.Delay(TimeSpan.FromMilliseconds(50), _time, CancellationToken.None).ConfigureAwait(false);
                continue;
            }

            lock (_gate)
            {
                var session = SessionAsync(client, full: _sessions.Count >= _options.MaxSessions);
                _sessions.Add(session);
                _ = session.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    private void Forget(Task session)
    {
        lock (_gate)
            _sessions.Remove(session);
    }

    private async Task SessionAsync(Socket client, bool full)
    {
        // Off the accepting task at once: the first write may wait for the client.
        await Task.Yield();
        using (client)
        {
            try
            {
                if (full)
                    await SendAsync(client, ControlReply.Error($"{_options.MaxSessions} sessions are open, which is the limit; close one.")).ConfigureAwait(false);
                else
                    await ServeAsync(client).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The client went away, was too slow, or we are stopping: the session is over either way.
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        var peer = SocketPeer.Of(client);
        var framer = new LineFramer(_options.MaxLineBytes);
        var chunk = new byte[4096];
        while (true)
        {
            while (framer.TryRead(out var line))
                await SendAsync(client, await AnswerAsync(line, peer).ConfigureAwait(false)).ConfigureAwait(false);
            if (framer.Overflowed)
            {
                await SendAsync(client, ControlReply.Error($"a line may have {_options.MaxLineBytes} bytes; this one has more.")).ConfigureAwait(false);
                return;
            }

            using var idle = new CancellationTokenSource(_options.IdleTimeout, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, _stop.Token);
            var read = await client.ReceiveAsync(chunk, either.Token).ConfigureAwait(false);
            if (read == 0)
                return;
            framer.Append(chunk.AsSpan(0, read));
        }
    }

    private async ValueTask<ControlReply> AnswerAsync(ReadOnlyMemory<byte> line, SocketPeer peer)
    {
        if (ControlRequest.TryParse(line, out var error) is not { } request)
            return ControlReply.WrongUse(error!);
        if (!_verbs.TryGetValue(request.Verb, out var verb))
            return ControlReply.WrongUse($"\"{request.Verb}\" is not known here; known: {string.Join(", ", _verbs.Keys.Order(StringComparer.Ordinal))}.");
        try
        {
            if (_options.Refusal?.Invoke(peer, request.Verb) is { } refusal)
                return ControlReply.Error(refusal);
            return await verb(request, peer, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The edge of the socket's loop: one verb's bug must not take the daemon's ear away.
            return ControlReply.Error($"{request.Verb} failed: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    private async Task SendAsync(Socket client, ControlReply reply)
    {
        var output = new ArrayBufferWriter<byte>();
        reply.WriteLine(output);
        using var late = new CancellationTokenSource(_options.WriteTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _stop.Token);
        var left = output.WrittenMemory;
        while (left.Length > 0)
            left = left[await client.SendAsync(left, SocketFlags.None, either.Token).ConfigureAwait(false)..];
    }
}
