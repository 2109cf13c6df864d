using Appliance.Daemon.Control;
using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Daemon.TwinProcess;

/// <summary>
/// <c>appliance twin</c>: the simulated box as a process of its own. It owns the physics, the sysfs tree and the chips' watchdogs, and
/// it outlives a killed daemon as hardware outlives software.
/// </summary>
internal static class TwinRunner
{
    /// <summary>The role's lock in the run directory.</summary>
    public const string Role = "twin";

    private static readonly TimeSpan _period = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan _keepEvery = TimeSpan.FromSeconds(1);

    /// <param name="ready">Called once the files and the socket are there.</param>
    /// <returns>The exit code; 1 with one line on stderr when another twin owns the run directory.</returns>
    /// <exception cref="FormatException">The board file is missing or wrong: one line for a person, exit 78.</exception>
    public static async Task<int> RunAsync(BoxConfig config, RunPaths paths, TimeProvider time, Action? ready, CancellationToken stop)
    {
        using var role = RunLock.TryTake(paths.Sockets, Role, out var holder);
        if (role is null)
        {
            await Console.Error.WriteLineAsync($"appliance twin: process {holder} is the twin of {paths.Sockets} already; stop it or give --run-dir.")
                .ConfigureAwait(false);
            return 1;
        }

        var board = BoardCatalogue.Load(config.Daemon.Board);
        using var box = new TwinBox(board, paths, TwinKept.Read(paths));
        var server = ControlServer.Start(paths.TwinSocket, new TwinVerbs(box, board).All, new(), time);
        await using (server.ConfigureAwait(false))
        {
            ready?.Invoke();
            await StepAsync(box, paths, time, stop).ConfigureAwait(false);
        }

        box.Keep().Write(paths);
        return 0;
    }

    private static async Task StepAsync(TwinBox box, RunPaths paths, TimeProvider time, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(_period, time);
        var (at, keptAt) = (time.GetTimestamp(), time.GetTimestamp());
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                var now = time.GetTimestamp();
                box.Advance(time.GetElapsedTime(at, now));
                at = now;
                if (time.GetElapsedTime(keptAt, now) < _keepEvery)
                    continue;
                keptAt = now;
                box.Keep().Write(paths);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }
}
