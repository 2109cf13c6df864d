using System.Globalization;
using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>
/// The disks and software RAIDs below <c>/sys/block</c>. An NVMe or SAS disk is asked for its SMART log where we may; everything else
/// the kernel knows by itself.
/// </summary>
internal sealed class Disks(string sysRoot)
{
    private const int BytesPerSector = 512; // in sysfs always, whatever the disk's own sectors are

    private static readonly string[] _none = ["loop", "ram", "zram", "dm-", "sr", "fd", "md", "nbd"];

    private readonly string _root = Path.Combine(sysRoot, "sys", "block");

    public IReadOnlyList<DiskHealth> Read(TimeSpan now) =>
        [.. KernelText.Entries(_root).Where(n => !_none.Any(p => n.StartsWith(p, StringComparison.Ordinal))).Select(n => ReadDisk(n, now))];

    public IReadOnlyList<RaidHealth> ReadRaids(TimeSpan now) =>
        [.. KernelText.Entries(_root).Where(n => File.Exists(Path.Combine(_root, n, "md", "level"))).Select(n => ReadRaid(n, now))];

    private DiskHealth ReadDisk(string name, TimeSpan now)
    {
        var folder = Path.Combine(_root, name);
        var device = Path.Combine(folder, "device");
        var stat = KernelText.Read(Path.Combine(folder, "stat"))?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        var transport = Transport(name, device);
        var smart = transport switch
        {
            "nvme" => NvmeLog.Read(sysRoot, name, now),
            "sas" => ScsiLog.Read(sysRoot, name, now),
            _ => null,
        };
        return new()
        {
            At = now,
            Name = name,
            Model = KernelText.Read(Path.Combine(device, "model")),
            Serial = KernelText.Read(Path.Combine(device, "serial")),
            Firmware = KernelText.Read(Path.Combine(device, "firmware_rev")) ?? KernelText.Read(Path.Combine(device, "rev")),
            Transport = transport,
            SizeBytes = KernelText.Number(Path.Combine(folder, "size")) * BytesPerSector,
            State = KernelText.Read(Path.Combine(device, "state")),
            ReadOnly = KernelText.Number(Path.Combine(folder, "ro")) is { } ro ? ro != 0 : null,
            IoErrors = Hex(KernelText.Read(Path.Combine(device, "ioerr_cnt"))),
            IoTimeouts = Hex(KernelText.Read(Path.Combine(device, "iotmo_cnt"))),
            ReadBytes = Field(stat, 2) * BytesPerSector,
            WrittenBytes = Field(stat, 6) * BytesPerSector,
            BusyMs = Field(stat, 9),
            TemperatureC = smart?.TemperatureC ?? HwmonTemperature(device),
            Smart = smart,
        };
    }

    private static string? Transport(string name, string device)
    {
        if (name.StartsWith("nvme", StringComparison.Ordinal))
            return "nvme";
        if (name.StartsWith("vd", StringComparison.Ordinal))
            return "virtio";
        if (Directory.Exists(Path.Combine(device, "sas_device")) || KernelText.Read(Path.Combine(device, "sas_address")) is not null)
            return "sas";
        return KernelText.Read(Path.Combine(device, "vendor")) == "ATA" ? "sata" : null;
    }

    /// <summary>The kernel's own reading (nvme's hwmon, drivetemp), in thousandths.</summary>
    private static double? HwmonTemperature(string device)
    {
        foreach (var folder in new[] { device, Path.Combine(device, "hwmon") })
        {
            foreach (var hwmon in KernelText.Entries(folder).Where(e => e.StartsWith("hwmon", StringComparison.Ordinal) && e.Length > 5))
            {
                if (KernelText.Number(Path.Combine(folder, hwmon, "temp1_input")) is { } thousandths)
                    return thousandths / 1000.0;
            }
        }

        return null;
    }

    private RaidHealth ReadRaid(string name, TimeSpan now)
    {
        var md = Path.Combine(_root, name, "md");
        return new()
        {
            At = now,
            Name = name,
            Level = KernelText.Read(Path.Combine(md, "level")),
            State = KernelText.Read(Path.Combine(md, "array_state")),
            Disks = (int?)KernelText.Number(Path.Combine(md, "raid_disks")),
            Degraded = (int?)KernelText.Number(Path.Combine(md, "degraded")),
            SyncAction = KernelText.Read(Path.Combine(md, "sync_action")),
            Mismatches = KernelText.Number(Path.Combine(md, "mismatch_cnt")),
        };
    }

    private static long? Field(string[] fields, int index) =>
        index < fields.Length && long.TryParse(fields[index], CultureInfo.InvariantCulture, out var value) ? value : null;

    private static long? Hex(string? text) => text is not null
        && long.TryParse(text.StartsWith("0x", StringComparison.Ordinal) ? text.AsSpan(2) : text, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number) ? number : null;
}
