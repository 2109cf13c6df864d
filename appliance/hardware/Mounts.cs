using System.Globalization;
using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>What is mounted from a device or a server, with its free space. Pseudo file systems are none.</summary>
internal static class Mounts
{
    private static readonly HashSet<string> _kept = new(StringComparer.Ordinal)
    {
        "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "vfat", "exfat", "zfs", "nfs", "nfs4", "cifs", "lustre", "beegfs", "gpfs", "ceph", "overlay", "bcachefs",
    };

    public static IReadOnlyList<MountHealth> Read(string sysRoot, TimeSpan now)
    {
        var mounts = new List<MountHealth>();
        foreach (var line in KernelText.Lines(Path.Combine(sysRoot, "proc", "self", "mounts")))
        {
            if (line.Split(' ') is not [var device, var escaped, var type, var options, ..] || !_kept.Contains(type))
                continue;
            var point = Unescape(escaped);
            if (mounts.Any(m => m.Point == point))
                continue;
            var mount = new MountHealth { At = now, Point = point, Device = device, FileSystem = type, ReadOnly = options.Split(',').Contains("ro") };
            mounts.Add(StatvfsInterop.Read(Path.Join(sysRoot == "/" ? "" : sysRoot, point), out var size, out var free, out var inodes, out var freeInodes)
                ? mount with { SizeBytes = size, FreeBytes = free, Inodes = inodes, FreeInodes = freeInodes }
                : mount);
        }

        return mounts;
    }

    /// <summary>The kernel writes a space as <c>\040</c>.</summary>
    internal static string Unescape(string text)
    {
        for (var i = text.IndexOf('\\', StringComparison.Ordinal); i >= 0 && i + 3 < text.Length; i = text.IndexOf('\\', i + 1))
        {
            if (text[(i + 1)..(i + 4)].All(c => c is >= '0' and <= '7'))
                text = string.Concat(text.AsSpan(0, i), ((char)Convert.ToInt32(text[(i + 1)..(i + 4)], 8)).ToString(CultureInfo.InvariantCulture), text.AsSpan(i + 4));
        }

        return text;
    }
}
