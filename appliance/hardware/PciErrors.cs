using System.Globalization;

namespace Appliance.Hardware;

/// <summary>What the kernel itself knows about a PCI device: AER totals and its NUMA node.</summary>
internal static class PciErrors
{
    /// <summary>Totals of <c>aer_dev_correctable</c>, <c>aer_dev_nonfatal</c>, <c>aer_dev_fatal</c>; null where the kernel has none.</summary>
    public static (long? Correctable, long? NonFatal, long? Fatal) Read(string sysRoot, string? nvmlBusId)
    {
        if (Folder(sysRoot, nvmlBusId) is not { } folder)
            return default;
        return (Total(folder, "aer_dev_correctable", "TOTAL_ERR_COR "), Total(folder, "aer_dev_nonfatal", "TOTAL_ERR_NONFATAL "),
            Total(folder, "aer_dev_fatal", "TOTAL_ERR_FATAL "));
    }

    /// <summary>-1 where the kernel knows none; null where it does not know the device.</summary>
    public static int? NumaNode(string sysRoot, string? nvmlBusId) =>
        Folder(sysRoot, nvmlBusId) is { } folder ? (int?)KernelText.Number(Path.Combine(folder, "numa_node")) : null;

    /// <summary>NVML writes an eight-digit domain, the kernel a four-digit one, both in hexadecimal.</summary>
    internal static string? KernelName(string? nvmlBusId) => nvmlBusId is { Length: >= 12 } id && id.IndexOf(':', StringComparison.Ordinal) is > 3 and var colon
        ? string.Concat(id.AsSpan(colon - 4, 4), id.AsSpan(colon)).ToLower(CultureInfo.InvariantCulture)
        : null;

    private static string? Folder(string sysRoot, string? nvmlBusId) =>
        KernelName(nvmlBusId) is { } name ? Path.Combine(sysRoot, "sys", "bus", "pci", "devices", name) : null;

    private static long? Total(string folder, string file, string key)
    {
        foreach (var line in KernelText.Lines(Path.Combine(folder, file)))
        {
            if (line.StartsWith(key, StringComparison.Ordinal) && long.TryParse(line.AsSpan(key.Length).Trim(), CultureInfo.InvariantCulture, out var total))
                return total;
        }

        return null;
    }
}
