using Appliance.Thermal;

namespace Appliance.Daemon.Loop;

/// <summary>
/// What others want of the loop and what it offers them, by single reference swaps: callbacks only set data that the next tick reads,
/// and the tick never waits for whoever set them.
/// </summary>
internal sealed class LoopRequests
{
    private Box<ManualRequest>? _manual;
    private ThermalSettings? _settings;
    private int _resetLatches;
    private int _parkEngine;
    private int _shutdown;

    /// <summary>Null: automatic.</summary>
    public ManualRequest? Manual
    {
        get => Volatile.Read(ref _manual)?.Value;
        set => Volatile.Write(ref _manual, value is { } request ? new(request) : null);
    }

    /// <summary>True while the controller wants the engine's workers stopped.</summary>
    public bool ParkEngine => Volatile.Read(ref _parkEngine) != 0;

    /// <summary>True while the controller wants the GPUs, then the box, without power.</summary>
    public bool Shutdown => Volatile.Read(ref _shutdown) != 0;

    public void ResetLatches() => Interlocked.Exchange(ref _resetLatches, 1);

    /// <summary>Taken over at the next tick; the controller's state goes on, so a reload does not move the fans.</summary>
    public void Change(ThermalSettings settings) => Interlocked.Exchange(ref _settings, settings);

    internal bool TakeLatchReset() => Volatile.Read(ref _resetLatches) != 0 && Interlocked.Exchange(ref _resetLatches, 0) != 0;

    internal ThermalSettings? TakeSettings() =>
        Volatile.Read(ref _settings) is null ? null : Interlocked.Exchange(ref _settings, null);

    internal void Offer(in ThermalCommands commands)
    {
        Volatile.Write(ref _parkEngine, commands.ParkEngine ? 1 : 0);
        Volatile.Write(ref _shutdown, commands.Shutdown ? 1 : 0);
    }

    private sealed record Box<T>(T Value);
}
