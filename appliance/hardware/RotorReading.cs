using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>One fan or pump as the chip shows it, read before anything is written in the same tick.</summary>
/// <param name="Duty">The chip's own <c>pwmN</c>; absent when it cannot be read.</param>
/// <param name="Manual">False when somebody flipped <c>pwmN_enable</c>, so that our writes are ignored.</param>
/// <param name="Rpm">Tachometer.</param>
public readonly record struct RotorReading(Reading<Duty> Duty, bool Manual, Reading<Rpm> Rpm);

/// <summary>How a duty write ended.</summary>
public enum RotorWriteState
{
    /// <summary>Written and read back alike.</summary>
    Confirmed,

    /// <summary>Nothing was due: the duty stands, was confirmed, and is younger than the rewrite period.</summary>
    Standing,

    /// <summary>The write itself failed.</summary>
    Failed,

    /// <summary>The write was accepted, but the chip reads back something else or is not under manual control.</summary>
    Ignored,

    /// <summary>The chip cannot be found.</summary>
    Gone,
}

/// <param name="ReadBack">What the chip holds now; absent when it does not say.</param>
/// <param name="Foreign">Before the write the chip held something we had not put there: a third party writes too.</param>
public readonly record struct RotorWrite(RotorWriteState State, Reading<Duty> ReadBack, SysfsStatus Status, bool Foreign)
{
    public bool IsGood => State is RotorWriteState.Confirmed or RotorWriteState.Standing;
}
