using System.Globalization;
using System.Net.Sockets;
using Appliance.Daemon.Control;
using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Daemon.Loop;

/// <summary>
/// Carries out what the loop may not wait for: parking and resuming the engine over its own socket (no answer in a second and its
/// worker processes are killed, because a GPU without coolant has less time than a hung gateway), and taking the power away.
/// On the twin both are also told to the physics.
/// </summary>
internal sealed class EngineActions(RunPaths paths, bool simulated, LoopRequests requests, TimeProvider time)
{
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan _answer = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _again = TimeSpan.FromSeconds(5);

    // Null: not told yet by this process. What a former daemon parked or switched off is taken back by the first look.
    private bool? _parked;
    private bool? _down;
    private DateTimeOffset _askedAt;
    private DateTimeOffset _powerAgainAt;

    /// <summary>What the last park, resume or power-off came to; null before the first.</summary>
    public string? LastOutcome { get; private set; }

    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(_look, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                await ParkAsync(requests.ParkEngine, stop).ConfigureAwait(false);
                Power(requests.Shutdown);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping: an engine that is parked stays parked until somebody controls the box again.
        }
    }

    private async Task ParkAsync(bool park, CancellationToken stop)
    {
        var now = time.GetUtcNow();
        if (park == _parked && !(park && now - _askedAt > _again))
            return;
        _parked = park;
        _askedAt = now;
        TellTwin("engine_parked", park);
        LastOutcome = await AskEngineAsync(park ? "park" : "resume", park, stop).ConfigureAwait(false);
    }

    private async Task<string> AskEngineAsync(string verb, bool killOtherwise, CancellationToken stop)
    {
        var pid = 0;
        try
        {
            using var client = await ControlClient.ConnectAsync(paths.InferenceSocket, time, stop).ConfigureAwait(false);
            if (client is null)
                return $"{verb}: no engine listens on {paths.InferenceSocket}";
            pid = client.Peer.Pid;
            switch (await client.AskAsync(verb, null, _answer, stop).ConfigureAwait(false))
            {
                case ControlReply.Data:
                    return $"{verb}: done by process {pid}";
                case ControlReply.Failed failed when !killOtherwise:
                    return $"{verb}: {failed.Line}";
                default:
                    break;
            }
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            if (!killOtherwise)
                return $"{verb}: {e.Message}";
        }

        return simulated ? KillWorkers(pid) : RightsClient.StopEngine() is { } refused ? $"park: {refused}" : "park: no answer, ended the engine";
    }

    /// <summary>The gateway's children are the workers; a gateway without children does the work itself.</summary>
    private static string KillWorkers(int pid)
    {
        if (pid <= 1)
            return "park: no engine process to stop";
        var children = Children(pid);
        foreach (var child in children)
            _ = ProcessSignals.Send(child, ProcessSignals.Kill);
        if (children.Count > 0)
            return $"park: no answer, killed {children.Count} workers of process {pid}";
        _ = ProcessSignals.Send(pid, ProcessSignals.Kill);
        return $"park: no answer, killed process {pid}";
    }

    /// <summary>Of every thread: to the kernel a child belongs to the thread that started it.</summary>
    private static List<int> Children(int pid)
    {
        var children = new List<int>();
        try
        {
            foreach (var thread in Directory.EnumerateDirectories($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/task"))
            {
                children.AddRange(File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .Select(word => int.Parse(word, CultureInfo.InvariantCulture)));
            }
        }
        catch (IOException)
        {
            // The process, or one of its threads, has just ended; what was found until then counts.
        }
        return children;
    }

    private void Power(bool down)
    {
        if (down == _down || time.GetUtcNow() < _powerAgainAt)
            return;
        _down = down;
        if (simulated)
        {
            TellTwin("power_off", down);
            LastOutcome = down ? "power: GPUs of the twin switched off" : "power: GPUs of the twin switched on";
            return;
        }

        if (!down)
            return;
        var refused = RightsClient.PowerOff();
        LastOutcome = refused is null ? "power: switching off" : $"power: {refused}";
        if (refused is not null)
            (_down, _powerAgainAt) = (null, time.GetUtcNow() + _again);
    }

    private void TellTwin(string file, bool value)
    {
        if (!simulated)
            return;
        using var open = SysfsFile.TryOpen(Path.Combine(paths.SysRoot, "twin", file), write: true, out _);
        _ = open?.TryWriteText(value ? "1\n"u8 : "0\n"u8);
    }
}
