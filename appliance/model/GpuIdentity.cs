namespace Appliance.Model;

/// <summary>What names a GPU and the firmware on it; constant while it is there, read again after it was away.</summary>
public sealed record GpuIdentity : HealthGroup
{
    public string? Name { get; init; }

    public string? Uuid { get; init; }

    public string? Serial { get; init; }

    /// <summary>The slot on the baseboard; not the NVML index.</summary>
    public int? ModuleId { get; init; }

    /// <summary>Domain, bus, device and function as NVML writes them: <c>00000000:1B:00.0</c>.</summary>
    public string? PciBusId { get; init; }

    /// <summary>N of <c>/dev/nvidiaN</c>.</summary>
    public int? MinorNumber { get; init; }

    public string? BoardPartNumber { get; init; }

    public string? VbiosVersion { get; init; }

    public string? InforomImageVersion { get; init; }

    public string? GspFirmwareVersion { get; init; }

    /// <summary>False where the GPU runs without its GSP firmware.</summary>
    public bool? GspEnabled { get; init; }

    /// <summary>The InfoROM's checksum holds; false is CORRUPTED_INFOROM.</summary>
    public bool? InforomValid { get; init; }
}
