using Appliance.Daemon.Config;
using Appliance.Daemon.Control;
using Appliance.Daemon.Loop;
using Appliance.Daemon.Setup;
using Appliance.Daemon.TwinProcess;
using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>Starts the long-lived processes: the order of a start is here, what they do is theirs.</summary>
internal static class DaemonVerb
{
    /// <summary>One daemon per box; then full cooling; only then the configuration, which may be wrong.</summary>
    public static async Task<int> RunAsync(string? configFile, RunPaths paths, bool simulated, TimeProvider time, Output output, CancellationToken stop)
    {
        using var role = RunLock.TryTake(paths.Sockets, DaemonProcess.Role, out var refusal,
            held: pid => $"process {pid} is the daemon of {paths.Sockets} already; stop it, or give another --run-dir.");
        if (role is null)
            return output.Fail(ExitCode.Failed, refusal);
        DaemonProcess.WriteSafeDuty(paths);
        Scheduling.TryBeforeOthers();
        Scheduling.TryKeepInMemory();
        var loaded = ConfigStore.Load(configFile, paths, keep: true);
        if (loaded.Fault is { } fault)
            output.Fail(ExitCode.Config, $"{fault} The last good configuration is in force.");
        return await DaemonProcess.RunAsync(
            loaded.Config, paths, simulated, time,
            state => ControlServer.Start(paths.ControlSocket, new DaemonVerbs(state, loaded.Source, time).Table, Doors(simulated), time),
            loaded.Fault, state => Reload(configFile, paths, state), stop).ConfigureAwait(false);
    }

    /// <summary>On a box people come by their groups; on the twin whoever may open the socket is the one who started it.</summary>
    private static ControlServerOptions Doors(bool simulated) => simulated
        ? new() { Refusal = new Doorkeeper(claimFile: null).Refusal }
        : new() { Refusal = new Doorkeeper(Claim.BoxFile).Refusal, OpenToAll = true };

    /// <summary>Takes over what is good; anything else leaves what is in force alone and is told.</summary>
    /// <returns>The one line about what is wrong; null when the file is in force.</returns>
    private static string? Reload(string? configFile, RunPaths paths, DaemonState state)
    {
        try
        {
            var loaded = ConfigStore.Load(configFile, paths, keep: true);
            if (loaded.Fault is null)
                state.Reload(loaded.Config);
            return loaded.Fault;
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return e.Message;
        }
    }

    public static Task<int> RunTwinAsync(string? configFile, RunPaths paths, TimeProvider time, CancellationToken stop) =>
        TwinRunner.RunAsync(ConfigStore.Load(configFile, paths, keep: false).Config, paths, time, ready: null, stop);
}
