using System.Collections.Immutable;

namespace Appliance.Health.KernelLog;

/// <summary>A line of the kernel's log that says something about a part of the box.</summary>
public abstract record KernelFault
{
    private KernelFault(LogLine line) => Line = line;

    public LogLine Line { get; }

    /// <summary>PCI address of the GPU it speaks of, as <c>0000:1b:00</c>; null where it speaks of none.</summary>
    public abstract string? Gpu { get; }

    /// <param name="Pid">Null where the driver does not say.</param>
    /// <param name="Said">What follows the code, without pid and name.</param>
    public sealed record Xid(LogLine Record, string Bus, int Code, int? Pid, string Said) : KernelFault(Record)
    {
        public override string Gpu => Bus;

        /// <summary>GPC and TPC of an exception (13).</summary>
        public (int Gpc, int Tpc)? Core { get; init; }

        /// <summary>Of an NVLink error (74, 136).</summary>
        public int? Link { get; init; }

        /// <summary>The seven registers of 74; empty where the line has none.</summary>
        public ImmutableArray<uint> Registers { get; init; } = [];

        /// <summary>The new recovery action of 154, 0…4.</summary>
        public int? Recovery { get; init; }
    }

    /// <param name="Switch">N of nvidia-nvswitchN.</param>
    /// <param name="Bus">The switch's PCI address.</param>
    /// <param name="Fatal">The driver's own word.</param>
    public sealed record Sxid(LogLine Record, int Switch, string Bus, int Code, bool Fatal, string Said) : KernelFault(Record)
    {
        public override string? Gpu => null;

        /// <summary>The switch's port; null where it speaks of the whole switch.</summary>
        public int? Link { get; init; }
    }

    /// <summary>What is no XID: a lost GPU without one, RDMA adapters, PCIe, disks, memory, file systems.</summary>
    /// <param name="Part">e.g. <c>mlx5_core 0000:18:00.0</c>, <c>nvme0n1</c>, <c>MC0</c>; empty where the line names none.</param>
    public sealed record Host(LogLine Record, HostPattern Pattern, string Part, string? Bus) : KernelFault(Record)
    {
        public override string? Gpu => Bus;
    }
}
