using System.Globalization;
using System.Text.RegularExpressions;

namespace Appliance.Health.KernelLog;

/// <summary>
/// Reads a kernel log as people keep it: records of <c>/dev/kmsg</c> (<c>6,1234,5678901,-;text</c>, Documentation/ABI/testing/dev-kmsg),
/// <c>dmesg</c> with seconds, with a date (<c>-T</c>) or in ISO, syslog's <c>host kernel:</c>, or bare text.
/// </summary>
public static partial class LogText
{
    public static IEnumerable<LogLine> Read(IEnumerable<string> lines)
    {
        LogLine? held = null;
        var number = 0L;
        foreach (var line in lines)
        {
            number++;
            if (line.Length == 0 || line[0] == ' ' && held is not null && IsDictionary(line))
                continue; // " SUBSYSTEM=pci": facts about the record before, not part of its text
            var (read, continues) = One(line, number);
            if (continues && held is not null)
            {
                held = held with { Text = held.Text + read.Text };
                continue;
            }

            if (held is not null)
                yield return held;
            held = read;
        }

        if (held is not null)
            yield return held;
    }

    /// <summary>One record; never fails: what has no known head is bare text.</summary>
    internal static (LogLine Line, bool Continues) One(string line, long number)
    {
        if (Kmsg().Match(line) is { Success: true } kmsg)
        {
            var microseconds = long.Parse(kmsg.Groups["us"].ValueSpan, CultureInfo.InvariantCulture);
            return (new(number, TimeSpan.FromMicroseconds(microseconds), line[kmsg.Length..]), kmsg.Groups["flags"].Value.Contains('+'));
        }

        TimeSpan? at = null;
        var text = line;
        if (Syslog().Match(text) is { Success: true } syslog)
        {
            at = Stamp(syslog.Groups["stamp"].Value);
            text = text[syslog.Length..];
        }
        else if (Iso().Match(text) is { Success: true } iso)
        {
            at = Stamp(iso.Groups["stamp"].Value);
            text = text[iso.Length..];
        }

        if (Seconds().Match(text) is { Success: true } seconds)
        {
            // Finer than the day's time in front of it, and monotonic.
            at = TimeSpan.FromSeconds(double.Parse(seconds.Groups["s"].ValueSpan, CultureInfo.InvariantCulture));
            text = text[seconds.Length..];
        }
        else if (Dated().Match(text) is { Success: true } dated && Stamp(dated.Groups["stamp"].Value) is { } day)
        {
            at = day;
            text = text[dated.Length..];
        }

        return (new(number, at, text), false);
    }

    private static bool IsDictionary(string line) => Dictionary().IsMatch(line);

    private static readonly string[] Stamps =
    [
        "yyyy-MM-ddTHH:mm:ss.FFFFFFFzzz", "yyyy-MM-ddTHH:mm:ss,FFFFFFFzzz", "yyyy-MM-ddTHH:mm:ss.FFFFFFF'Z'", "yyyy-MM-ddTHH:mm:sszzz",
        "ddd MMM d HH:mm:ss yyyy", "MMM d HH:mm:ss",
    ];

    private static TimeSpan? Stamp(string text)
    {
        var single = string.Join(' ', text.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        // Without a year all dates are of one year: differences are what counts.
        if (single.Length > 0 && char.IsLetter(single[0]) && single.Count(c => c == ' ') == 2)
            single = "2000 " + single;
        return DateTimeOffset.TryParseExact(
            single, [.. Stamps, "yyyy MMM d HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? TimeSpan.FromTicks(at.UtcTicks) : null;
    }

    [GeneratedRegex(@"^\d{1,3},\d+,(?<us>\d+),(?<flags>[^;,]*)(?:,[^;]*)?;")]
    private static partial Regex Kmsg();

    [GeneratedRegex(@"^(?:<\d+>)?(?:[a-z]+ *:[a-z]+ *: )?\[ *(?<s>\d+\.\d+)\](?:\[ *[TC]?\d+\])? ?")]
    private static partial Regex Seconds();

    [GeneratedRegex(@"^(?:<\d+>)?\[(?<stamp>[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})\] ?")]
    private static partial Regex Dated();

    [GeneratedRegex(@"^(?<stamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)) ")]
    private static partial Regex Iso();

    [GeneratedRegex(@"^(?<stamp>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)) \S+ kernel(?:\[\d+\])?: ")]
    private static partial Regex Syslog();

    [GeneratedRegex(@"^ [A-Z_][A-Z0-9_]*=")]
    private static partial Regex Dictionary();
}
