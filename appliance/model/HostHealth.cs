namespace Appliance.Model;

public sealed record HostHealth : HealthGroup
{
    /// <summary><c>/proc/sys/kernel/random/boot_id</c>: tells a counter that went back to zero at a reboot.</summary>
    public string? BootId { get; init; }

    public string? KernelVersion { get; init; }

    /// <summary>Version of the loaded kernel module, <c>/sys/module/nvidia/version</c>.</summary>
    public string? DriverModuleVersion { get; init; }

    /// <summary><c>nvidia_peermem</c> is loaded.</summary>
    public bool? PeermemLoaded { get; init; }

    /// <summary>GPU memory can be handed to RDMA as a DMA buffer: open kernel modules, kernel 5.12 or later.</summary>
    public bool? DmabufAvailable { get; init; }

    /// <summary>Processes in uninterruptible sleep (D) for the whole of the last two looks.</summary>
    public int? StuckProcesses { get; init; }

    public double? MemoryTotalMib { get; init; }

    public double? MemoryAvailableMib { get; init; }

    /// <summary>By NUMA node, its CPUs as the kernel writes lists (empty for a node of memory alone); null for a number that no node has.</summary>
    public IReadOnlyList<string?>? NumaCpus { get; init; }

    /// <summary>Corrected and uncorrected errors of the host's DIMMs (EDAC), where the kernel counts them.</summary>
    public long? DimmCorrected { get; init; }

    public long? DimmUncorrected { get; init; }
}
