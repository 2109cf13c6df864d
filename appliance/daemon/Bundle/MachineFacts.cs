using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Text;

namespace Appliance.Daemon.Bundle;

/// <summary>The machine below the box: what an engineer asks for first, line by line, and nothing else of its files.</summary>
internal sealed class MachineFacts(BundlePlaces places)
{
    private static readonly string[] DmiFiles =
        ["sys_vendor", "product_name", "product_version", "product_serial", "board_vendor", "board_name", "board_version", "bios_vendor", "bios_version", "bios_date"];

    /// <summary>Parameters of the kernel whose values are of use and never a secret.</summary>
    private static readonly string[] KernelParameters =
        ["BOOT_IMAGE", "root", "ro", "rw", "quiet", "console", "iommu", "intel_iommu", "amd_iommu", "pci", "pcie_aspm", "panic", "mitigations", "isolcpus", "hugepages", "nvidia", "modprobe.blacklist"];

    private static readonly string[] MountOptions =
        ["ro", "rw", "noatime", "relatime", "nosuid", "nodev", "noexec", "discard", "sync", "errors", "data", "subvol", "compress", "nobarrier", "barrier", "emergency_ro", "shutdown"];

    public string System()
    {
        var text = new StringBuilder();
        text.Append("release: ").Append(Release()).Append('\n');
        text.Append("kernel: ").Append(One(Path.Combine(places.Proc, "version"))).Append('\n');
        text.Append("parameters: ").AppendJoin(' ', One(Path.Combine(places.Proc, "cmdline")).Split(' ').Select(Parameter)).Append('\n');
        text.Append("uptime and load: ").Append(One(Path.Combine(places.Proc, "uptime"))).Append("; ").Append(One(Path.Combine(places.Proc, "loadavg"))).Append('\n');
        text.Append("boot: ").Append(One(Path.Combine(places.Proc, "sys/kernel/random/boot_id"))).Append('\n');
        foreach (var name in DmiFiles)
            text.Append(name).Append(": ").Append(One(Path.Combine(places.Machine, "sys/class/dmi/id", name))).Append('\n');
        foreach (var line in LinesOf(Path.Combine(places.Proc, "cpuinfo")).Where(l => l.StartsWith("model name", StringComparison.Ordinal) || l.StartsWith("microcode", StringComparison.Ordinal)).GroupBy(l => l))
            text.Append(CultureInfo.InvariantCulture, $"{line.Count()} × {line.Key}\n");
        foreach (var line in LinesOf(Path.Combine(places.Proc, "meminfo")))
            text.Append(line).Append('\n');
        foreach (var kind in (string[])["cpu", "memory", "io"])
            text.Append(kind).Append(" pressure: ").AppendJoin("; ", LinesOf(Path.Combine(places.Proc, "pressure", kind))).Append('\n');
        return text.ToString();
    }

    private string Release()
    {
        const string name = "PRETTY_NAME=";
        return LinesOf(Path.Combine(places.Machine, "etc/os-release")).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Trim('"') ?? "?";
    }

    private static string Parameter(string word)
    {
        var equals = word.IndexOf('=');
        var name = equals < 0 ? word : word[..equals];
        return KernelParameters.Contains(name.Split('.')[0]) || KernelParameters.Contains(name) ? word : equals < 0 ? "(word)" : "(name)=(value)";
    }

    public string Disks()
    {
        var text = new StringBuilder();
        foreach (var fields in LinesOf(Path.Combine(places.Proc, "mounts")).Select(l => l.Split(' ')).Where(f => f.Length >= 4 && f[1].StartsWith('/')))
        {
            if (IsPseudo(fields[2]))
                continue;
            text.Append(fields[1]).Append(' ').Append(fields[2]).Append(' ').AppendJoin(',', fields[3].Split(',').Where(o => MountOptions.Contains(o.Split('=')[0])))
                .Append(": ").Append(Room(fields[1])).Append('\n');
        }

        foreach (var disk in Folders(Path.Combine(places.Machine, "sys/block")).Where(d => !Path.GetFileName(d).StartsWith("loop", StringComparison.Ordinal) && !Path.GetFileName(d).StartsWith("ram", StringComparison.Ordinal)))
        {
            text.Append(CultureInfo.InvariantCulture, $"{Path.GetFileName(disk)}: {One(Path.Combine(disk, "device/model"))} {One(Path.Combine(disk, "device/serial"))}, "
                + $"{One(Path.Combine(disk, "size"))} sectors, state {One(Path.Combine(disk, "device/state"))}, rotational {One(Path.Combine(disk, "queue/rotational"))}, i/o {One(Path.Combine(disk, "stat"))}\n");
        }

        foreach (var line in LinesOf(Path.Combine(places.Proc, "mdstat")))
            text.Append(line).Append('\n');
        return text.ToString();
    }

    private static bool IsPseudo(string type) => type is "proc" or "sysfs" or "cgroup2" or "devpts" or "mqueue" or "debugfs" or "tracefs" or "securityfs"
        or "pstore" or "bpf" or "configfs" or "fusectl" or "autofs" or "hugetlbfs" or "binfmt_misc";

    private static string Room(string mount)
    {
        try
        {
            var drive = new DriveInfo(mount);
            return string.Create(CultureInfo.InvariantCulture, $"{drive.AvailableFreeSpace} of {drive.TotalSize} bytes free");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return "not readable";
        }
    }

    public string Network()
    {
        var text = new StringBuilder();
        foreach (var link in NetworkInterface.GetAllNetworkInterfaces())
        {
            text.Append(CultureInfo.InvariantCulture, $"{link.Name}: {link.OperationalStatus}, {link.NetworkInterfaceType}, {link.Speed / 1_000_000} Mbit/s, {link.GetPhysicalAddress()}");
            foreach (var address in link.GetIPProperties().UnicastAddresses)
                text.Append(CultureInfo.InvariantCulture, $", {address.Address}/{address.PrefixLength}");
            foreach (var counter in (string[])["rx_errors", "tx_errors", "rx_dropped", "tx_dropped", "rx_crc_errors", "collisions"])
            {
                if (One(Path.Combine(places.Machine, "sys/class/net", link.Name, "statistics", counter)) is var value and not ("0" or "?"))
                    text.Append(CultureInfo.InvariantCulture, $", {counter} {value}");
            }

            text.Append('\n');
        }

        foreach (var line in LinesOf(Path.Combine(places.Machine, "etc/resolv.conf")).Where(l => l.StartsWith("nameserver", StringComparison.Ordinal)))
            text.Append(line).Append('\n');
        foreach (var listener in IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().OrderBy(l => l.Port))
            text.Append(CultureInfo.InvariantCulture, $"listens: {listener}{(IPAddress.IsLoopback(listener.Address) ? "" : " (open to the network)")}\n");
        return text.ToString();
    }

    public string Pci()
    {
        var text = new StringBuilder();
        foreach (var device in Folders(Path.Combine(places.Machine, "sys/bus/pci/devices")))
        {
            var driver = new FileInfo(Path.Combine(device, "driver")).LinkTarget is { } link ? Path.GetFileName(link) : "none";
            text.Append(CultureInfo.InvariantCulture, $"{Path.GetFileName(device)} {One(Path.Combine(device, "vendor"))}:{One(Path.Combine(device, "device"))} class {One(Path.Combine(device, "class"))}, driver {driver}, "
                + $"link {One(Path.Combine(device, "current_link_speed"))} x{One(Path.Combine(device, "current_link_width"))} of {One(Path.Combine(device, "max_link_speed"))} x{One(Path.Combine(device, "max_link_width"))}");
            foreach (var file in (string[])["aer_dev_correctable", "aer_dev_nonfatal", "aer_dev_fatal"])
            {
                if (LinesOf(Path.Combine(device, file)).LastOrDefault(l => l.StartsWith("TOTAL", StringComparison.Ordinal)) is { } total && !total.EndsWith(" 0", StringComparison.Ordinal))
                    text.Append(CultureInfo.InvariantCulture, $", {file} {total}");
            }

            text.Append('\n');
        }

        return text.Length > 0 ? text.ToString() : throw new BundleGapException("this machine shows no PCI devices");
    }

    private static IEnumerable<string> Folders(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal) : [];

    private static string One(string file) => LinesOf(file).FirstOrDefault()?.Trim() ?? "?";

    private static IEnumerable<string> LinesOf(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllLines(file) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
