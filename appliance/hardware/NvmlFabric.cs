using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>
/// nvmlGpuFabricInfo in words. The health mask holds fields of two bits (0 not supported, 1 true, 2 false) and one of four: a mask that
/// is not zero is no fault.
/// </summary>
internal static unsafe class NvmlFabric
{
    public static GpuFabric Decode(NvmlInterop.nvmlGpuFabricInfo_v3_t info, bool hasSummary)
    {
        var uuid = new ReadOnlySpan<byte>(info.clusterUuid, 16);
        return new()
        {
            State = (FabricState)info.state,
            Status = (int)info.status,
            CliqueId = info.cliqueId,
            ClusterUuid = uuid.ContainsAnyExcept((byte)0) ? new Guid(uuid, bigEndian: true).ToString() : null,
            HealthMask = info.healthMask,
            DegradedBandwidth = Flag(info.healthMask, 0),
            RouteRecovery = Flag(info.healthMask, 2),
            RouteUnhealthy = Flag(info.healthMask, 4),
            AccessTimeoutRecovery = Flag(info.healthMask, 6),
            IncorrectConfiguration = (int)(info.healthMask >> 8 & 0xF),
            PartitionAssigned = Flag(info.healthMask, 12),
            Summary = hasSummary && info.healthSummary != 0 ? info.healthSummary : null,
        };
    }

    private static bool? Flag(uint mask, int shift) => (mask >> shift & 3) switch
    {
        1 => true,
        2 => false,
        _ => null,
    };
}
