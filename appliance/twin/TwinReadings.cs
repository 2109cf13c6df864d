namespace Appliance.Twin;

/// <summary>What came of a write to the twin's hardware.</summary>
public enum WriteResult
{
    Ok,

    /// <summary>EIO: the bus or the chip did not take it.</summary>
    Failed,

    /// <summary>The driver refused the value (NVML: no permission, out of range).</summary>
    Refused,
}

/// <summary>A fan or pump as its hwmon files show it.</summary>
/// <param name="Pwm">0..255 as <c>pwmN</c> reads back; null when the chip does not answer.</param>
/// <param name="Enable"><c>pwmN_enable</c> as it reads back.</param>
/// <param name="Rpm">Tachometer as <c>fanN_input</c> shows it; null when it does not answer (ENODATA).</param>
public readonly record struct TwinRotor(byte? Pwm, int Enable, double? Rpm);

/// <summary>A GPU as NVML shows it, whole units where NVML has whole units.</summary>
/// <param name="Lost">Fallen off the bus; every other value is meaningless.</param>
/// <param name="Hung">Calls into the driver do not return.</param>
/// <param name="MarginK">T.Limit: kelvin left to throttling.</param>
/// <param name="LowestClock">The SM clock is held at its lowest; NVML has no question for that, the clock tells.</param>
/// <param name="ClocksEventReasons">NVML's bit mask: 1 idle, 4 software power cap, 0x40 hardware thermal slowdown, 0x20 software thermal slowdown, 0x80 power brake.</param>
public readonly record struct TwinGpu(
    bool Lost,
    bool Hung,
    double PowerW,
    double TemperatureC,
    double MemoryTemperatureC,
    double MarginK,
    double SmClockMhz,
    double UtilizationPercent,
    double MemoryUsedMib,
    double MemoryTotalMib,
    ulong ClocksEventReasons,
    double PowerLimitW,
    bool LowestClock);
