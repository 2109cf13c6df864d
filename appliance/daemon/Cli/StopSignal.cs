using System.Runtime.InteropServices;

namespace Appliance.Daemon.Cli;

/// <summary>
/// Ctrl-C, terminate and hang-up as a token. The process ends by returning from what it was doing, so that screens are given
/// back and sockets removed; a second signal of the same kind ends it at once.
/// </summary>
internal sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;

    /// <param name="hangUpEnds">False for the daemon, to which a hang-up means "read your configuration again".</param>
    public StopSignal(bool hangUpEnds = true) => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
        .. hangUpEnds ? [PosixSignalRegistration.Create(PosixSignal.SIGHUP, Handle)] : Array.Empty<PosixSignalRegistration>(),
    ];

    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _stop.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = !_stop.IsCancellationRequested;
        _stop.Cancel();
    }
}
