using System.Globalization;

namespace Appliance.Health.Board;

/// <summary>CPUs as the kernel writes lists of them: <c>0-55,112-167</c>.</summary>
internal static class CpuSet
{
    private const int CpuLimit = 8192; // CONFIG_NR_CPUS of the largest kernels

    /// <summary>Null where the text is no such list.</summary>
    public static IReadOnlySet<int>? Parse(string? list)
    {
        if (list is null)
            return null;
        var cpus = new HashSet<int>();
        foreach (var range in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var dash = range.IndexOf('-', StringComparison.Ordinal);
            if (!int.TryParse(dash < 0 ? range : range[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                || !int.TryParse(range[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
                || first > last || last >= CpuLimit)
                return null;
            for (var cpu = first; cpu <= last; cpu++)
                cpus.Add(cpu);
        }

        return cpus;
    }
}
