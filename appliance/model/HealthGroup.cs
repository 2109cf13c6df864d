namespace Appliance.Model;

/// <summary>
/// What was read together, with its own age. A group that was never read is null; a value the driver or the kernel does not have
/// (NOT_SUPPORTED, no such file, an older driver) is null: nobody invents a zero for it.
/// </summary>
public abstract record HealthGroup
{
    /// <summary>Uptime (CLOCK_MONOTONIC) at which the last call of the group returned.</summary>
    public TimeSpan At { get; init; }

    public TimeSpan Age(TimeSpan now) => now - At;
}
