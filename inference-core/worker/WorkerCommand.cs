using System.CommandLine;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace InferenceCore.Worker;

/// <summary><c>inference-core worker</c>: not for people; the gateway starts it.</summary>
internal static class WorkerCommand
{
    public const string Verb = "worker";
    public const string Socket = "--socket";
    public const string Gateway = "--gateway";

    public static Command Create(TimeProvider time)
    {
        var socket = new Option<string>(Socket) { Description = "Where the gateway listens.", Required = true };
        var gateway = new Option<int>(Gateway) { Description = "The gateway's process id.", Required = true };
        var command = new Command(Verb, "Compute for a gateway, which starts this.") { socket, gateway };
        command.Hidden = true;
        command.SetAction(parsed => Run(parsed.GetValue(socket)!, parsed.GetValue(gateway), time));
        return command;
    }

    private static int Run(string socket, int gateway, TimeProvider time)
    {
        // The kernel ends a worker whose gateway is gone, even a stopped one. The gateway may have gone before this line.
        if (WorkerInterop.prctl(WorkerInterop.PR_SET_PDEATHSIG, WorkerInterop.SIGKILL) != 0)
            Console.Error.WriteLine($"inference-core worker: prctl: errno {Marshal.GetLastPInvokeError()}");
        if (WorkerInterop.getppid() != gateway)
            return ExitCode.Failed;
        // Ctrl-C and systemd's SIGTERM reach the whole group; when the worker ends is for the gateway to say, which drains first.
        PosixSignalRegistration[] deaf =
        [
            .. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT }
                .Select(signal => PosixSignalRegistration.Create(signal, context => context.Cancel = true)),
        ];
        PreferToBeKilled();
        try
        {
            using var seat = WorkerSeat.Connect(socket, time);
            return seat.Run();
        }
        catch (SocketException e)
        {
            Console.Error.WriteLine($"inference-core worker: {socket}: {e.Message}");
            return ExitCode.Failed;
        }
        finally
        {
            foreach (var registration in deaf)
                registration.Dispose();
        }
    }

    /// <summary>When memory runs out the kernel takes the worker, which can be replaced, rather than the gateway, which holds the clients.</summary>
    private static void PreferToBeKilled()
    {
        try
        {
            File.WriteAllText("/proc/self/oom_score_adj", "500");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A kernel without it chooses by itself.
        }
    }
}
