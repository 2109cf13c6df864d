namespace Appliance.Hardware;

/// <summary>
/// What keeps a busy machine away from the process that cools it. The loop's own real-time priority is not enough: a garbage collection stops
/// the loop's thread too, and the thread that collects would wait for its turn among everybody else's.
/// </summary>
public static class Scheduling
{
    /// <summary>A dozen times an ordinary thread's share of a core, and the next turn.</summary>
    public const int ProcessNice = -15;

    /// <summary>Puts the calling thread, and all that it starts from now on, before ordinary ones; false without the right (the unit gives it).</summary>
    public static bool TryBeforeOthers() => LibcInterop.setpriority(LibcInterop.PRIO_PROCESS, 0, ProcessNice) == 0;

    /// <summary>Pages once used stay in memory, so that no tick waits for a disk; what was never used costs nothing. False without the right.</summary>
    public static bool TryKeepInMemory() =>
        LibcInterop.mlockall(LibcInterop.MCL_CURRENT | LibcInterop.MCL_FUTURE | LibcInterop.MCL_ONFAULT) == 0;
}
