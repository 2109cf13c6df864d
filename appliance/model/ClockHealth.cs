namespace Appliance.Model;

/// <summary>The system clock as the kernel disciplines it (adjtimex) and who does it.</summary>
public sealed record ClockHealth : HealthGroup
{
    /// <summary>The kernel's own verdict: not STA_UNSYNC.</summary>
    public bool? Synchronised { get; init; }

    /// <summary>What the kernel still has to slew away, µs; signed.</summary>
    public double? OffsetUs { get; init; }

    public double? EstimatedErrorUs { get; init; }

    public double? MaxErrorUs { get; init; }

    public double? FrequencyPpm { get; init; }

    /// <summary><c>chronyd</c>, <c>systemd-timesyncd</c>, <c>ntpd</c>, <c>ptp4l</c>+<c>phc2sys</c>; null when nobody of them runs.</summary>
    public string? Source { get; init; }
}
