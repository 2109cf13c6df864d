using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>What one tick read from the box, in board order. One instance per loop, refilled every tick.</summary>
public sealed class HardwareSample(Board board)
{
    public Reading<double>[] Sensors { get; } = new Reading<double>[board.Sensors.Count];

    public RotorReading[] Fans { get; } = new RotorReading[board.Fans.Count];

    public RotorReading[] Pumps { get; } = new RotorReading[board.Pumps.Count];

    public Reading<bool>[] Lines { get; } = new Reading<bool>[board.Lines.Count];

    public GpuReading[] Gpus { get; } = new GpuReading[board.Gpus.Count];
}
