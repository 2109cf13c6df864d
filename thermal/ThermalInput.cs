using Appliance.Model;

namespace Appliance.Thermal;

/// <summary>
/// Everything one tick has read, in board order. The loop owns one instance and refills it every tick; nothing here is
/// kept by the estimator, which copies what it needs into its state.
/// </summary>
public sealed class ThermalInput
{
    public ThermalInput(Board board)
    {
        ArgumentNullException.ThrowIfNull(board);
        Sensors = new Reading<double>[board.Sensors.Count];
        Fans = new RotorInput[board.Fans.Count];
        Pumps = new RotorInput[board.Pumps.Count];
        Lines = new Reading<bool>[board.Lines.Count];
        Gpus = new GpuInput[board.Gpus.Count];
    }

    /// <summary>In the board's unit (°C, L/min, %RH, %), stamped with the uptime of the read. Absent when it did not answer.</summary>
    public Reading<double>[] Sensors { get; }

    public RotorInput[] Fans { get; }

    public RotorInput[] Pumps { get; }

    /// <summary>True where the line's condition holds (active-low lines are already turned round).</summary>
    public Reading<bool>[] Lines { get; }

    public GpuInput[] Gpus { get; }

    /// <summary>What an operator asked for; null is automatic. It expires and never goes below the safety floor.</summary>
    public ManualRequest? Manual { get; set; }

    /// <summary>One tick true: an operator says the leak is mended. Nothing else opens that latch.</summary>
    public bool ResetLatches { get; set; }
}

/// <summary>A fan or pump as read back.</summary>
public struct RotorInput
{
    /// <summary>Tachometer, rpm; absent when it does not answer.</summary>
    public Reading<double> Rpm { get; set; }

    /// <summary>How long the driver answers with one look at the tachometer: <see cref="Rpm"/> may be that old, s. 0 where every read looks.</summary>
    public double TachHoldS { get; set; }

    /// <summary>The duty that stands in the chip; absent when it cannot be read.</summary>
    public Reading<Duty> ReadBack { get; set; }

    /// <summary>The last write failed (EIO and the like).</summary>
    public bool WriteFailed { get; set; }
}

/// <summary>A GPU as the driver tells it.</summary>
public struct GpuInput
{
    public Reading<double> PowerW { get; set; }

    public Reading<double> TemperatureC { get; set; }

    public Reading<double> MemoryTemperatureC { get; set; }

    /// <summary>Kelvin left to throttling (NVML T.Limit).</summary>
    public Reading<double> MarginK { get; set; }

    /// <summary>The power limit that stands, W.</summary>
    public Reading<double> LimitW { get; set; }

    /// <summary>The clock does not stand where it was commanded, or its write was refused.</summary>
    public bool ClockRefused { get; set; }

    /// <summary>Fallen off the bus (XID 79): draws nothing we can steer.</summary>
    public bool Lost { get; set; }
}

/// <param name="Fans">Duty wanted for every fan; null leaves them automatic.</param>
/// <param name="Pumps">Duty wanted for every pump; null leaves them automatic.</param>
/// <param name="Since">Uptime at which the operator asked.</param>
/// <param name="Lasts">For how long; never longer than the configured time, which it is when null.</param>
public readonly record struct ManualRequest(Duty? Fans, Duty? Pumps, TimeSpan Since, TimeSpan? Lasts = null)
{
    /// <summary>Uptime at which it ends; a longer configured time does not put that off.</summary>
    public TimeSpan Until(TimeSpan most) => Since + (Lasts is { } lasts && lasts < most ? lasts : most);
}
