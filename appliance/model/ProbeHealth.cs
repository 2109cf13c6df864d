namespace Appliance.Model;

/// <summary>The process that talks to the GPU driver, and how far the driver answers it.</summary>
public sealed record ProbeHealth : HealthGroup
{
    public ProbeState State { get; init; }

    /// <summary>One line: "libnvidia-ml.so.1 is not installed", "no call returned for 2.1 s"; null while all is well.</summary>
    public string? Fault { get; init; }

    /// <summary>Uptime since which no call into the driver has returned; null while calls return.</summary>
    public TimeSpan? BlindSince { get; init; }

    public string? DriverVersion { get; init; }

    /// <summary>Version of the NVML library that is loaded; differs from the driver's after an update under a running process.</summary>
    public string? LibraryVersion { get; init; }

    /// <summary>GPUs the driver lists.</summary>
    public int? GpusFound { get; init; }

    public int? Pid { get; init; }

    /// <summary>Starts of the process since the daemon began, the first one included.</summary>
    public int Starts { get; init; }

    public double? MemoryMib { get; init; }

    /// <summary>CPU time of the probe process so far, seconds.</summary>
    public double? CpuS { get; init; }

    /// <summary>Calls into the driver's library that returned since the probe started.</summary>
    public long? DriverCalls { get; init; }

    /// <summary>Values asked for by those of them that ask for many (nvmlDeviceGetFieldValues).</summary>
    public long? FieldValues { get; init; }
}
