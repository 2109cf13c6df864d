using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Appliance.Health.KernelLog;

/// <summary>Recognises the lines that speak of a part of the box. Most lines do not: a few substring searches each tell them apart.</summary>
public static partial class KernelFaultReader
{
    /// <returns>Null for a line that says nothing about a part.</returns>
    public static KernelFault? Read(LogLine line)
    {
        var text = line.Text;
        if (text.Contains("NVRM: Xid", StringComparison.Ordinal) && XidHead().Match(text) is { Success: true } xid)
            return Xid(line, xid);
        if (text.Contains("SXid", StringComparison.Ordinal))
            return SxidHead().Match(text) is { Success: true } sxid ? Sxid(line, sxid) : null; // "Severity …", "Data {…}" go on about the line before
        foreach (var pattern in HostPatterns.All)
        {
            if (text.Contains(pattern.Marker, StringComparison.OrdinalIgnoreCase) && pattern.Line.Match(text) is { Success: true } match)
            {
                var gpu = match.Groups["gpu"] is { Success: true } bus ? PciAddress.Short(bus.Value) : null;
                return new KernelFault.Host(line, pattern, match.Groups["part"].Value, gpu);
            }
        }

        return null;
    }

    private static KernelFault.Xid Xid(LogLine line, Match head)
    {
        var said = head.Groups["rest"].Value;
        int? pid = null;
        if (Process().Match(said) is { Success: true } process)
        {
            pid = int.TryParse(process.Groups["pid"].ValueSpan, CultureInfo.InvariantCulture, out var number) ? number : null;
            said = said[process.Length..];
        }

        var code = int.Parse(head.Groups["code"].ValueSpan, CultureInfo.InvariantCulture);
        var xid = new KernelFault.Xid(line, PciAddress.Short(head.Groups["bus"].Value), code, pid, said.Trim());
        return code switch
        {
            13 => xid with { Core = CoreOf(said) },
            74 => xid with { Link = LinkOf(said), Registers = RegistersOf(said) },
            136 => xid with { Link = LinkOf(said) },
            154 => xid with { Recovery = RecoveryOf(said) },
            _ => xid,
        };
    }

    private static KernelFault.Sxid Sxid(LogLine line, Match head)
    {
        var said = head.Groups["rest"].Value;
        return new(
            line,
            int.Parse(head.Groups["switch"].ValueSpan, CultureInfo.InvariantCulture),
            PciAddress.Short(head.Groups["bus"].Value),
            int.Parse(head.Groups["code"].ValueSpan, CultureInfo.InvariantCulture),
            head.Groups["fatal"].ValueSpan.Equals("Fatal", StringComparison.OrdinalIgnoreCase),
            said)
        {
            Link = LinkOf(said),
        };
    }

    private static (int, int)? CoreOf(string said) => Core().Match(said) is { Success: true } core
        ? (Number(core.Groups["gpc"]), Number(core.Groups["tpc"])) : null;

    private static int? LinkOf(string said) => Link().Match(said) is { Success: true } link ? Number(link.Groups["link"]) : null;

    private static ImmutableArray<uint> RegistersOf(string said) => Registers().Match(said) is { Success: true } registers
        ? [.. registers.Groups["register"].Captures.Select(c => uint.Parse(c.ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture))]
        : [];

    private static int? RecoveryOf(string said)
    {
        if (Recovery().Match(said) is not { Success: true } change)
            return null;
        return int.Parse(change.Groups["to"].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"NVRM: Xid \((?:PCI:)?(?<bus>[0-9a-fA-F:.]+)(?: GPU-I:\d+)?\): (?<code>\d{1,4})(?:[,:] ?(?<rest>.*))?$")]
    private static partial Regex XidHead();

    [GeneratedRegex(@"^ *pid='?(?<pid>\d+|<unknown>)'?(?:, *name=(?<name>[^,]*))?,? *")]
    private static partial Regex Process();

    [GeneratedRegex(@"nvidia-nvswitch(?<switch>\d+): SXid \((?:PCI:)?(?<bus>[0-9a-fA-F:.]+)\): (?<code>\d{4,6}), (?<fatal>Fatal|Non-fatal),? ?(?<rest>.*)$", RegexOptions.IgnoreCase)]
    private static partial Regex SxidHead();

    [GeneratedRegex(@"GPC (?<gpc>\d+),? *TPC (?<tpc>\d+)")]
    private static partial Regex Core();

    [GeneratedRegex(@"\blink:? ?(?<link>\d+)", RegexOptions.IgnoreCase)]
    private static partial Regex Link();

    [GeneratedRegex(@"\((?:0x(?<register>[0-9a-fA-F]{1,8})[, ]*)+\)")]
    private static partial Regex Registers();

    [GeneratedRegex(@"recovery action changed from 0x[0-9a-f]+ \([^)]*\) to 0x(?<to>[0-9a-f]+)", RegexOptions.IgnoreCase)]
    private static partial Regex Recovery();
}
