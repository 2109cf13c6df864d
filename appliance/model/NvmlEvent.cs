namespace Appliance.Model;

/// <summary>One event of nvmlEventSetWait_v2.</summary>
/// <param name="At">Uptime at which it was taken from the driver.</param>
/// <param name="Gpu">Index; null where the handle is none of ours.</param>
/// <param name="PciBusId">As <see cref="GpuIdentity.PciBusId"/>.</param>
/// <param name="Type">Bits: 1 single-bit ECC, 2 double-bit ECC, 4 P-state, 8 XID, 0x10 clock, 0x80 power source, 0x100 MIG, 0x200 ECC storm,
/// 0x400 DRAM retirement, 0x800 retirement failure, 0x1000 non-fatal poison, 0x2000 fatal poison, 0x4000 GPU unavailable, 0x8000 recovery action.</param>
/// <param name="Data">The XID where <paramref name="Type"/> is 8 (999: unknown), 0 otherwise.</param>
/// <param name="GpuInstance">Null without MIG.</param>
public sealed record NvmlEvent(TimeSpan At, int? Gpu, string? PciBusId, long Type, long Data, int? GpuInstance = null, int? ComputeInstance = null)
{
    public const long XidCriticalError = 8;

    public bool IsXid => Type == XidCriticalError;
}
