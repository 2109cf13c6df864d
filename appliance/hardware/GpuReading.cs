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

    /// <summary>Share of the last sample period with the memory busy.</summary>
    public Reading<double> MemoryBusyPercent;

    public Reading<double> MemoryUsedMib;

    public Reading<double> MemoryTotalMib;

    public Reading<double> MemoryFreeMib;

    public Reading<double> MemoryReservedMib;

    /// <summary>NVML clocks-event-reasons bit mask.</summary>
    public Reading<long> ClocksEventReasons;

    /// <summary>Fallen off the bus.</summary>
    public bool Lost;

    /// <summary>The last write of a power limit was refused.</summary>
    public bool LimitRefused;

    /// <summary>The last write of the clock was refused, or it is seen not to stand.</summary>
    public bool ClockRefused;

    /// <summary>Reads finished since start; stands still while the driver hangs.</summary>
    public long Reads;

    /// <summary>
    /// Laid over what a survey knows: power, heat, clocks and load of the moment are read once, by the cooling loop's thread. A group carries the
    /// uptime of this reading, so that a GPU whose calls do not return grows old here too.
    /// </summary>
    public readonly GpuHealth Onto(GpuHealth health) => health with
    {
        Power = PowerW.HasValue || health.Power is not null
            ? (health.Power ?? new()) with { PowerW = PowerW.Value, LimitW = LimitW.Value, At = Later(PowerW, health.Power) } : null,
        Heat = TemperatureC.HasValue || MemoryTemperatureC.HasValue
            ? (health.Heat ?? new()) with
            {
                TemperatureC = TemperatureC.Value,
                MemoryTemperatureC = MemoryTemperatureC.Value,
                MarginK = MarginK.Value,
                At = TemperatureC.HasValue ? TemperatureC.At : MemoryTemperatureC.At,
            }
            : null,
        Clocks = SmClockMhz.HasValue || health.Clocks is not null
            ? (health.Clocks ?? new()) with { SmMhz = SmClockMhz.Value, EventReasons = ClocksEventReasons.Value, At = Later(SmClockMhz, health.Clocks) } : null,
        Load = UtilizationPercent.HasValue || MemoryTotalMib.HasValue || health.Load is not null
            ? (health.Load ?? new()) with
            {
                GpuPercent = UtilizationPercent.Value,
                MemoryPercent = MemoryBusyPercent.Value,
                MemoryTotalMib = MemoryTotalMib.Value,
                MemoryUsedMib = MemoryUsedMib.Value,
                MemoryFreeMib = MemoryFreeMib.Value,
                MemoryReservedMib = MemoryReservedMib.Value,
                At = Later(UtilizationPercent, health.Load),
            }
            : null,
    };

    private static TimeSpan Later(Reading<double> reading, HealthGroup? group) =>
        reading.HasValue ? reading.At : group?.At ?? TimeSpan.Zero;
}
