using Appliance.Hardware;

namespace Appliance.Rights;

/// <summary>One GPU on its way to its lowest limit, on a thread of its own that is left behind where its driver hangs.</summary>
internal sealed class Lowering
{
    private readonly Thread _thread;
    private bool _obeyed;

    public Lowering(IGpuSource gpus, int index)
    {
        _thread = new(() => Volatile.Write(ref _obeyed, gpus.Open(index, out _)?.SetPowerLimit(0) ?? false)) { IsBackground = true, Name = $"gpu{index}" };
        _thread.Start();
    }

    public bool IsOut => _thread.IsAlive;

    /// <returns>Null when it obeyed, else why not.</returns>
    public string? Wait(TimeSpan limit) =>
        !_thread.Join(limit > TimeSpan.Zero ? limit : TimeSpan.Zero) ? "the driver does not answer"
        : Volatile.Read(ref _obeyed) ? null
        : "power limit refused";
}
