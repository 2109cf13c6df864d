using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>
/// One GPU as its driver tells it. What the driver does not support or does not answer is absent; nothing is made up for it.
/// Readings carry the uptime at which the call returned, so a driver that hangs makes them old instead of making them wrong.
/// </summary>
public struct GpuReading
{
    public Reading<double> PowerW;

    /// <summary>The power limit that stands, as the driver enforces it, W.</summary>
    public Reading<double> LimitW;

    public Reading<double> TemperatureC;

    public Reading<double> MemoryTemperatureC;

    /// <summary>Kelvin left to throttling (NVML T.Limit); negative is valid and means throttling.</summary>
    public Reading<double> MarginK;

    public Reading<double> SmClockMhz;

    public Reading<double> UtilizationPercent;

    public Reading<double> MemoryUsedMib;

    public Reading<double> MemoryTotalMib;

    /// <summary>NVML clocks-event-reasons bit mask.</summary>
    public Reading<long> ClocksEventReasons;

    /// <summary>Fallen off the bus.</summary>
    public bool Lost;

    /// <summary>The last power-limit write was refused.</summary>
    public bool LimitRefused;

    /// <summary>Reads finished since start; stands still while the driver hangs.</summary>
    public long Reads;
}
