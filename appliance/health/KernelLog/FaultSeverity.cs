namespace Appliance.Health.KernelLog;

/// <summary>What a line of the kernel log means for the part it names. Ordered: a higher number is worse.</summary>
public enum FaultSeverity
{
    /// <summary>Nothing is wrong with the part.</summary>
    Information,

    /// <summary>The program that used the part did something wrong, or lost its work; the part is well.</summary>
    Application,

    /// <summary>The part works, and somebody should look after it.</summary>
    Degraded,

    /// <summary>The part cannot be used until somebody (or a reset) has mended it.</summary>
    Fatal,
}
