namespace Appliance.Hardware;

/// <summary>Signals to another process; .NET itself only knows how to kill.</summary>
public static class ProcessSignals
{
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    /// <summary>False when there is no such process or it is not ours.</summary>
    public static bool Send(int pid, int signal)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pid); // 0 and -1 are groups, not processes
        return LibcInterop.kill(pid, signal) == 0;
    }
}
