using System.Buffers.Binary;
using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>
/// The SMART / health log of an NVMe disk: log page 02h by the admin ioctl (NVM Express Base 2.0, §5.16.1.3). On the twin the same
/// 512 bytes lie in a file. Null where we may not ask.
/// </summary>
internal static class NvmeLog
{
    internal const int Length = 512;

    public static DiskSmart? Read(string sysRoot, string disk, TimeSpan now)
    {
        Span<byte> page = stackalloc byte[Length];
        var recorded = Path.Combine(sysRoot, "twin", "disks", disk + ".smart");
        if (File.Exists(recorded))
        {
            using var file = File.OpenRead(recorded);
            return file.ReadAtLeast(page, Length, throwOnEndOfStream: false) == Length ? Decode(page, now) : null;
        }

        return sysRoot == "/" && NvmeInterop.ReadLog($"/dev/{disk}", 2, page) ? Decode(page, now) : null;
    }

    internal static DiskSmart Decode(ReadOnlySpan<byte> page, TimeSpan now) => new()
    {
        At = now,
        CriticalWarning = page[0],
        TemperatureC = BinaryPrimitives.ReadUInt16LittleEndian(page[1..]) - 273,
        AvailableSparePercent = page[3],
        SpareThresholdPercent = page[4],
        PercentageUsed = page[5],
        WrittenTb = Math.Round((double)BinaryPrimitives.ReadUInt128LittleEndian(page[48..]) * 512_000 / 1e12, 3), // units of a thousand sectors
        PowerOnHours = Counter(page[128..]),
        UnsafeShutdowns = Counter(page[144..]),
        MediaErrors = Counter(page[160..]),
    };

    private static long Counter(ReadOnlySpan<byte> bytes) => (long)UInt128.Min(BinaryPrimitives.ReadUInt128LittleEndian(bytes), long.MaxValue);
}
