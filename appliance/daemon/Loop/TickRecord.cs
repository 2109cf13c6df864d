using Appliance.Hardware;
using Appliance.Model;
using Appliance.Thermal;

namespace Appliance.Daemon.Loop;

/// <summary>
/// What one tick saw, decided and did. Allocated once per holder and copied into, so that the loop publishes without allocating and
/// readers work on a copy of their own.
/// </summary>
internal sealed class TickRecord(Board board)
{
    public long Tick;

    public Moment Moment;

    /// <summary>How late this tick began, ms.</summary>
    public double LatenessMs;

    /// <summary>GPU energy withheld since start, Wh.</summary>
    public double WithheldWh;

    /// <summary>The controller's state after the tick: what a checkpoint or a replay starts from.</summary>
    public ThermalState State;

    public Estimate Estimate;

    public ThermalCommands Commands;

    public Reading<double>[] Sensors { get; } = new Reading<double>[board.Sensors.Count];

    public RotorReading[] Fans { get; } = new RotorReading[board.Fans.Count];

    public RotorReading[] Pumps { get; } = new RotorReading[board.Pumps.Count];

    public RotorWrite[] FanWrites { get; } = new RotorWrite[board.Fans.Count];

    public RotorWrite[] PumpWrites { get; } = new RotorWrite[board.Pumps.Count];

    public Reading<bool>[] Lines { get; } = new Reading<bool>[board.Lines.Count];

    public GpuReading[] Gpus { get; } = new GpuReading[board.Gpus.Count];

    public void CopyTo(TickRecord other)
    {
        other.Tick = Tick;
        other.Moment = Moment;
        other.LatenessMs = LatenessMs;
        other.WithheldWh = WithheldWh;
        other.State = State;
        other.Estimate = Estimate;
        other.Commands = Commands;
        Sensors.CopyTo(other.Sensors, 0);
        Fans.CopyTo(other.Fans, 0);
        Pumps.CopyTo(other.Pumps, 0);
        FanWrites.CopyTo(other.FanWrites, 0);
        PumpWrites.CopyTo(other.PumpWrites, 0);
        Lines.CopyTo(other.Lines, 0);
        Gpus.CopyTo(other.Gpus, 0);
    }
}
