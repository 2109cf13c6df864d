using System.Text;
using System.Text.RegularExpressions;

namespace Appliance.Daemon.Bundle;

/// <summary>Every value below hwmon, as a field engineer would type <c>grep . /sys/class/hwmon/*/*</c>.</summary>
internal static partial class HwmonDump
{
    public static string Of(string sysRoot)
    {
        var root = Path.Combine(sysRoot, "sys/class/hwmon");
        if (!Directory.Exists(root))
            throw new BundleGapException($"{root} is not there");
        var text = new StringBuilder();
        foreach (var chip in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
        {
            foreach (var file in Directory.EnumerateFiles(chip).Where(f => Value().IsMatch(Path.GetFileName(f))).Order(StringComparer.Ordinal))
                text.Append(Path.GetFileName(chip)).Append('/').Append(Path.GetFileName(file)).Append(' ').Append(Read(file)).Append('\n');
        }

        return text.Length > 0 ? text.ToString() : throw new BundleGapException($"{root} is empty");
    }

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"({e.Message})";
        }
    }

    [GeneratedRegex(@"^(name|(temp|fan|pwm|in|curr|power|humidity|energy)\d+(_\w+)?)$")]
    private static partial Regex Value();
}
