using System.Net.Sockets;
using System.Text.Json;
using Appliance.Daemon.Control;
using Appliance.Daemon.Launcher;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>Asks the box that runs in a run directory. What fails is one line that says where was looked and what to do.</summary>
internal sealed class BoxClient(RunPaths paths, TimeProvider time)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    public RunPaths Paths { get; } = paths;

    /// <exception cref="BoxClientException">Nobody answers there, or the answer is a refusal.</exception>
    public async Task<ReadOnlyMemory<byte>> AskAsync(string verb, Action<Utf8JsonWriter>? args, CancellationToken cancel)
    {
        using var client = await ConnectAsync(Paths.ControlSocket, cancel).ConfigureAwait(false) ?? throw NoDaemon();
        return await AskAsync(client, verb, args, cancel).ConfigureAwait(false);
    }

    /// <summary>The same of the twin.</summary>
    public async Task<ReadOnlyMemory<byte>> AskTwinAsync(string verb, Action<Utf8JsonWriter>? args, CancellationToken cancel)
    {
        using var client = await ConnectAsync(Paths.TwinSocket, cancel).ConfigureAwait(false)
            ?? throw new BoxClientException($"no twin answers on {Paths.TwinSocket}; start one with `appliance run --simulated`.", Usage: false);
        return await AskAsync(client, verb, args, cancel).ConfigureAwait(false);
    }

    /// <summary>Drives every fan and pump by hand.</summary>
    /// <param name="minutes">At most the configured time, which it is when null.</param>
    public Task DriveAsync(int percent, int? minutes, CancellationToken cancel) => AskAsync(
        "drive",
        json =>
        {
            json.WriteNumber("fans_percent", percent);
            json.WriteNumber("pumps_percent", percent);
            if (minutes is { } lasts)
                json.WriteNumber("minutes", lasts);
        },
        cancel);

    /// <summary>Gives fans and pumps back to the loop.</summary>
    public Task DriveAutomaticallyAsync(CancellationToken cancel) => AskAsync("drive", json => json.WriteBoolean("automatic", true), cancel);

    public async Task<StatusReport> StatusAsync(CancellationToken cancel)
    {
        using var client = await ConnectAsync(Paths.ControlSocket, cancel).ConfigureAwait(false) ?? throw NoDaemon();
        return await StatusAsync(client, cancel).ConfigureAwait(false);
    }

    public async Task<StatusReport> StatusAsync(ControlClient client, CancellationToken cancel)
    {
        var data = await AskAsync(client, "status", null, cancel).ConfigureAwait(false);
        var report = JsonSerializer.Deserialize(data.Span, ControlJson.Default.StatusReport)
            ?? throw new BoxClientException($"{Paths.ControlSocket}: answered nothing to status.", Usage: false);
        return report with { Processes = ProcessFile.Read(Paths)?.Processes ?? [] };
    }

    /// <summary>Null when nobody listens on the daemon's socket.</summary>
    public Task<ControlClient?> ConnectDaemonAsync(CancellationToken cancel) => ConnectAsync(Paths.ControlSocket, cancel);

    public BoxClientException NoDaemon()
    {
        // Inside a running box the daemon is only between two lives.
        var child = ProcessFile.Read(Paths)?.Processes.FirstOrDefault(p => p.Name == "daemon");
        return new(
            child switch
            {
                null => $"no daemon answers on {Paths.ControlSocket}; start a box with `appliance run --simulated`, or name its directory with --run-dir.",
                { Restarts: 0 } => $"the daemon of {Paths.Sockets} is still starting; ask again in a moment.",
                _ => $"the daemon of {Paths.Sockets} does not answer; appliance run is starting it again (so far {child.Restarts} times, last: {child.LastExit}).",
            },
            Usage: false);
    }

    public static async Task<ReadOnlyMemory<byte>> AskAsync(ControlClient client, string verb, Action<Utf8JsonWriter>? args, CancellationToken cancel)
    {
        try
        {
            return await client.AskAsync(verb, args, Timeout, cancel).ConfigureAwait(false) switch
            {
                ControlReply.Data data => data.Json,
                ControlReply.Failed failed => throw new BoxClientException(failed.Line, failed.Usage),
                var other => throw new System.Diagnostics.UnreachableException($"No answer is a {other.GetType().Name}."),
            };
        }
        catch (IOException e)
        {
            throw new BoxClientException(e.Message, Usage: false);
        }
    }

    private async Task<ControlClient?> ConnectAsync(string path, CancellationToken cancel)
    {
        try
        {
            return await ControlClient.ConnectAsync(path, time, cancel).ConfigureAwait(false);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            throw new BoxClientException($"{path} may not be used by {Environment.UserName}; ask for membership of the group that owns it.", Usage: false);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new BoxClientException($"{path} is too long for a socket; use a shorter --run-dir.", Usage: true);
        }
    }
}

/// <summary>One line for the person at the console.</summary>
/// <param name="Usage">True when the question was wrong (exit code 64).</param>
internal sealed class BoxClientException(string message, bool Usage) : Exception(message)
{
    public int ExitCode { get; } = Usage ? Cli.ExitCode.Usage : Cli.ExitCode.Failed;
}
