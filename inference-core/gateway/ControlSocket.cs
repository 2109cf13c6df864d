using System.Net.Sockets;
using System.Text.Json;
using InferenceCore.Scheduling;

namespace InferenceCore.Gateway;

/// <summary>
/// <c>inference.sock</c>: park, resume, drain and status, one JSON object per line each way. The control plane parks the engine over it when the
/// cooling cannot carry its heat; that must work while HTTP is flooded, so it has a socket of its own.
/// </summary>
internal sealed class ControlSocket(EngineHost host, string path, ILogger log, TimeProvider time)
{
    private const int MaxConnections = 8, MaxLine = 4096;

    /// <summary>The control plane kills who does not answer within a second.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromMilliseconds(700);

    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            // Left behind by a process that was killed; a living one would hold our TCP port, and we would not be here.
            File.Delete(path);
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
            socket.Listen(MaxConnections);
            await AcceptAsync(socket, stop);
        }
        catch (OperationCanceledException)
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            log.SocketFault(path, e.Message);
        }
    }

    /// <summary>Carries out one line and gives the line to answer with.</summary>
    public async Task<string> AnswerAsync(string line)
    {
        var verb = VerbOf(line);
        switch (verb)
        {
            case "park":
                host.Park();
                await StillAsync();
                log.Asked("parked");
                return Data();
            case "resume":
                host.Resume();
                log.Asked("resumed");
                return Data();
            case "drain":
                host.Drain();
                log.Asked("draining");
                return Data();
            case "status":
                return Data();
            default:
                return Error(verb is null ? "a request is one line of JSON with a verb: {\"verb\":\"status\"}" : $"verb '{verb}' is not known; known are park, resume, drain, status");
        }
    }

    private async Task AcceptAsync(Socket socket, CancellationToken stop)
    {
        using var places = new SemaphoreSlim(MaxConnections);
        while (true)
        {
            await places.WaitAsync(stop);
            var peer = await socket.AcceptAsync(stop);
            _ = ServeAsync(peer, places, stop);
        }
    }

    private async Task ServeAsync(Socket peer, SemaphoreSlim places, CancellationToken stop)
    {
        try
        {
            using var stream = new NetworkStream(peer, ownsSocket: true);
            using var reader = new StreamReader(stream, bufferSize: MaxLine);
            await using var writer = new StreamWriter(stream) { AutoFlush = true, NewLine = "\n" };
            while (await reader.ReadLineAsync(stop) is { Length: <= MaxLine } line)
                await writer.WriteLineAsync(await AnswerAsync(line));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer has gone, or we are stopping.
        }
        finally
        {
            TryRelease(places);
        }
    }

    private static void TryRelease(SemaphoreSlim places)
    {
        try
        {
            places.Release();
        }
        catch (ObjectDisposedException)
        {
            // The listener has stopped before its last connection.
        }
    }

    /// <summary>Waits until the step under way has ended, or as long as the asker waits. Either way no further step begins.</summary>
    private async Task StillAsync()
    {
        using var late = new CancellationTokenSource(AnswerWithin, time);
        try
        {
            while (!host.IsStill && host.Journal is not null)
                await Task.Delay(TimeSpan.FromMilliseconds(2), time, late.Token);
        }
        catch (OperationCanceledException)
        {
            // Said in the answer: still is false.
        }
    }

    private static string? VerbOf(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("verb", out var verb)
                && verb.ValueKind == JsonValueKind.String ? verb.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private string Data() => System.Text.Encoding.UTF8.GetString(ApiJson.Bytes(json =>
    {
        json.WriteStartObject();
        json.WriteBoolean("ok", true);
        json.WriteStartObject("data");
        json.WriteString("state", StateName.Of(host));
        json.WriteBoolean("still", host.IsStill);
        json.WriteNumber("running", host.Journal?.Running ?? 0);
        json.WriteNumber("waiting", host.Journal?.Waiting ?? 0);
        json.WriteEndObject();
        json.WriteEndObject();
    }));

    private static string Error(string message) => System.Text.Encoding.UTF8.GetString(ApiJson.Bytes(json =>
    {
        json.WriteStartObject();
        json.WriteBoolean("ok", false);
        json.WriteString("error", message);
        json.WriteEndObject();
    }));
}
