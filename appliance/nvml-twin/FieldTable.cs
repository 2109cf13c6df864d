using Appliance.Hardware;

namespace Appliance.NvmlTwin;

/// <summary>nvmlDeviceGetFieldValues: a value, its type and its own return code per field.</summary>
internal static class FieldTable
{
    private const int UnsignedInt = 1;
    private const int UnsignedLongLong = 3;
    private const int SignedInt = 5;

    /// <summary>Fields after this one came with drivers that an old one is older than.</summary>
    private const uint LastOldField = 172;

    public static NvmlReturn Answer(TwinGpu gpu, uint field, uint scope, out long value, out int type)
    {
        (value, type) = (0, UnsignedLongLong);
        if (TwinDriver.IsOld && field > LastOldField)
            return NvmlReturn.NotSupported;
        var answer = field is >= 161 and <= 166 ? OfLink(gpu, field, scope) : OfGpu(gpu, field);
        if (answer is not { } known)
            return NvmlReturn.NotSupported;
        (value, type) = known;
        return NvmlReturn.Success;
    }

    private static (long, int)? OfLink(TwinGpu gpu, uint field, uint scope)
    {
        if (scope >= TwinDriver.Links)
            return null;
        var errors = gpu[$"link{scope}_errors"];
        var isUp = (gpu["links_down"] >> (int)scope & 1) == 0;
        return field switch
        {
            161 => (errors, UnsignedLongLong),
            162 => (isUp ? errors / 100 : errors / 100 + 1, UnsignedLongLong),
            163 => (errors, UnsignedLongLong),
            164 => (isUp ? 26_562 : 0, UnsignedInt),
            165 => (isUp ? 1 : 0, UnsignedInt),
            166 => (6, UnsignedInt),
            _ => null,
        };
    }

    private static (long, int)? OfGpu(TwinGpu gpu, uint field) => field switch
    {
        74 => (gpu["reason2_ns"], UnsignedLongLong),
        75 => (gpu["reason5_ns"] + gpu["reason6_ns"], UnsignedLongLong),
        82 => (gpu["memory_c"], UnsignedInt),
        83 => (gpu["energy_mj"], UnsignedLongLong),
        91 => (TwinDriver.Links, UnsignedInt),
        94 => (gpu["pcie_replays"], UnsignedInt),
        95 => (0, UnsignedInt),
        138 or 139 or 140 or 141 => (3_583_192 + gpu["nvlink_kib"], UnsignedLongLong),
        142 => (0, UnsignedLongLong),
        143 => (gpu["remapped"], UnsignedLongLong),
        144 => (gpu["remap_pending"], UnsignedLongLong),
        145 => (gpu["remap_failed"], UnsignedLongLong),
        147 => (TwinDriver.Links - System.Numerics.BitOperations.PopCount((ulong)gpu["links_down"]), UnsignedInt),
        169 => (376 + 8 * gpu.Index, UnsignedInt),
        173 => (gpu["pcie_replays"], UnsignedInt),
        174 or 178 or 179 or 180 or 181 => (0, UnsignedInt),
        175 or 177 => (2, UnsignedInt),
        176 => (3, UnsignedInt),
        182 or 183 => null,
        185 or 186 => (gpu["power_mw"], UnsignedInt),
        187 => (gpu["min_limit_mw"], UnsignedInt),
        188 or 189 => (gpu["max_limit_mw"], UnsignedInt),
        190 or 192 => (gpu["limit_mw"], UnsignedInt),
        193 => (-8, SignedInt),
        194 => (-2, SignedInt),
        195 or 196 => (0, SignedInt),
        230 => (gpu["recovery"], UnsignedInt),
        269 => (gpu["reason5_ns"], UnsignedLongLong),
        270 => (gpu["reason6_ns"], UnsignedLongLong),
        271 => (gpu["reason7_ns"], UnsignedLongLong),
        _ => null,
    };
}
