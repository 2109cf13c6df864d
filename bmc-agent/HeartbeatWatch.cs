using System.Diagnostics;
using System.Net.Sockets;
using Appliance.Model;

namespace BmcAgent;

/// <summary>
/// The agent's part in keeping the box cool: when the frames of this box' daemon stop and its control socket is silent too, it runs
/// <c>appliance-safe</c>, once per silence. Full cooling is wrong at worst by noise; no cooling is not.
/// </summary>
internal sealed class HeartbeatWatch(RunPaths paths, string? runDirectory, string safeProgram, BusReader reader, string node, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(1);
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
        try
        {
            while (true)
            {
                await Task.Delay(Pace, time, stop);
                if (Silence() is { } silence)
                    await ActAsync(silence, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
        finally
        {
            reader.Ticked -= OnTick;
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

    private TimeSpan? Silence()
    {
        lock (_gate)
        {
            var now = Now;
            var since = now - _heartbeat.ProgressAt;
            (_heartbeat, var declare) = _heartbeat.Check(now);
            return declare && Applies(paths) ? since : null;
        }
    }

    private async Task ActAsync(TimeSpan silence, CancellationToken stop)
    {
        if (await DaemonAnswersAsync(stop))
        {
            log.SilentButAlive(silence.TotalSeconds);
            reader.Post(node, "telemetry_silent", Severity.Warning,
                $"No telemetry of the daemon for {silence.TotalSeconds:0.0} s, but it answers on its control socket; the cooling was left to it.", "daemon");
            return;
        }

        var (good, outcome) = await RunSafeAsync(stop);
        log.SafeStateWritten(silence.TotalSeconds, outcome);
        reader.Post(node, good ? "safe_state_written" : "safe_state_failed", Severity.Critical,
            $"No sign of life of the daemon for {silence.TotalSeconds:0.0} s; {outcome}", "daemon");
    }

    private async Task<bool> DaemonAnswersAsync(CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(AnswerLimit);
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(paths.ControlSocket), limit.Token);
            await socket.SendAsync("{\"verb\":\"status\",\"args\":{}}\n"u8.ToArray(), limit.Token);
            var answer = new byte[1];
            return await socket.ReceiveAsync(answer, limit.Token) == 1 && answer[0] == (byte)'{';
        }
        catch (Exception e) when (e is SocketException or IOException || (e is OperationCanceledException && !stop.IsCancellationRequested))
        {
            return false;
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
