using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using Appliance.Model;

namespace BmcAgent;

/// <summary>
/// The agent's part in keeping the box cool: when the frames of this box' daemon stop and its control socket shows no moving loop either, it
/// runs <c>appliance-safe</c>, once per silence. Full cooling is wrong at worst by noise; no cooling is not. From the daemon's last sign of life to that
/// it takes the limit of four seconds and one look more: the socket is asked while the limit still runs.
/// </summary>
internal sealed class HeartbeatWatch(RunPaths paths, string? runDirectory, string safeProgram, BusReader reader, string node, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(1);
    private const int AnswerBytesMax = 1 << 20;
    private static readonly TimeSpan SafeLimit = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private Heartbeat _heartbeat;

    /// <summary>True where the daemon we hear of can be the one of this machine: its hardware tree is here.</summary>
    public static bool Applies(RunPaths paths) => Directory.Exists(Path.Combine(paths.SysRoot, "sys/class/hwmon"));

    public async Task RunAsync(CancellationToken stop)
    {
        lock (_gate)
            _heartbeat = Heartbeat.Begin(Now);
        reader.Ticked += OnTick;
        var asking = Task.CompletedTask;
        try
        {
            while (true)
            {
                await Task.Delay(Pace, time, stop);
                if (asking.IsCompleted && IsToBeAsked())
                    asking = AskAsync(stop);
                var (verdict, silence) = Check();
                switch (verdict)
                {
                    case HeartbeatVerdict.Dead:
                        await CoolAsync(silence, stop);
                        break;
                    case HeartbeatVerdict.Silent:
                        TellSilent(silence);
                        break;
                    case HeartbeatVerdict.None:
                        break;
                    default:
                        throw new UnreachableException();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
        finally
        {
            reader.Ticked -= OnTick;
            await asking;
        }
    }

    private TimeSpan Now => time.GetElapsedTime(0);

    private void OnTick(string from, long tick)
    {
        if (from != node)
            return;
        lock (_gate)
            _heartbeat = _heartbeat.Beat(tick, Now);
    }

    private bool IsToBeAsked()
    {
        lock (_gate)
            return _heartbeat.IsToBeAsked(Now);
    }

    private (HeartbeatVerdict Verdict, TimeSpan Silence) Check()
    {
        lock (_gate)
        {
            var now = Now;
            var silence = now - _heartbeat.FrameAt;
            (_heartbeat, var verdict) = _heartbeat.Check(now);
            return (Applies(paths) ? verdict : HeartbeatVerdict.None, silence);
        }
    }

    private void TellSilent(TimeSpan silence)
    {
        log.SilentButAlive(silence.TotalSeconds);
        reader.Post(node, "telemetry_silent", Severity.Warning,
            $"No telemetry of the daemon for {silence.TotalSeconds:0.0} s, but it answers on its control socket; the cooling was left to it.", "daemon");
    }

    private async Task CoolAsync(TimeSpan silence, CancellationToken stop)
    {
        var (good, outcome) = await RunSafeAsync(stop);
        log.SafeStateWritten(silence.TotalSeconds, outcome);
        reader.Post(node, good ? "safe_state_written" : "safe_state_failed", Severity.Critical,
            $"No sign of life of the daemon for {silence.TotalSeconds:0.0} s; {outcome}", "daemon");
    }

    /// <summary>Asks the daemon which tick its loop is at. No answer is no sign of life and nothing else.</summary>
    private async Task AskAsync(CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(AnswerLimit);
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(paths.ControlSocket), limit.Token);
            await socket.SendAsync("{\"verb\":\"status\",\"args\":{}}\n"u8.ToArray(), limit.Token);
            await using var stream = new NetworkStream(socket);
            if (await TickAsync(stream, limit.Token) is not { } tick)
                return;
            lock (_gate)
                _heartbeat = _heartbeat.Answer(tick, Now);
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            // Nobody there, or nobody who answers in time.
        }
    }

    private static async Task<long?> TickAsync(NetworkStream stream, CancellationToken stop)
    {
        var buffer = new byte[4096];
        var count = 0;
        while (!buffer.AsSpan(0, count).Contains((byte)'\n'))
        {
            if (count == AnswerBytesMax)
                return null;
            if (count == buffer.Length)
                Array.Resize(ref buffer, buffer.Length * 2);
            var read = await stream.ReadAsync(buffer.AsMemory(count), stop);
            if (read == 0)
                return null;
            count += read;
        }

        return TickOf(buffer.AsMemory(0, count));
    }

    /// <returns>Null where the answer says no tick, whatever else it is: that is no sign of life.</returns>
    internal static long? TickOf(ReadOnlyMemory<byte> answer)
    {
        try
        {
            using var reply = JsonDocument.Parse(answer);
            return reply.RootElement.TryGetProperty("data", out var data) && data.TryGetProperty("loop", out var loop)
                && loop.TryGetProperty("ticks", out var tick) && tick.TryGetInt64(out var value) ? value : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // no JSON, or another kind of value where an object or a number belongs
        }
    }

    private async Task<(bool Good, string Outcome)> RunSafeAsync(CancellationToken stop)
    {
        try
        {
            var start = new ProcessStartInfo(safeProgram, runDirectory is null ? [] : ["--run-dir", runDirectory])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using var process = Process.Start(start)!;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
            limit.CancelAfter(SafeLimit);
            try
            {
                var output = process.StandardOutput.ReadToEndAsync(limit.Token);
                var error = process.StandardError.ReadToEndAsync(limit.Token);
                await process.WaitForExitAsync(limit.Token);
                var said = $"{await output} {await error}".ReplaceLineEndings(" ").Trim();
                return (process.ExitCode == 0, said.Length > 0 ? said : $"appliance-safe ended with {process.ExitCode}");
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                return (false, $"appliance-safe did not end within {SafeLimit.TotalSeconds:0} s");
            }
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (false, $"{safeProgram} could not be started: {e.Message}");
        }
    }
}
