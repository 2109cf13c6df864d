using System.Text;

namespace InferenceCore.Scheduling;

/// <summary>
/// Lets the text of an answer through up to the first stop string. Text that may still become the beginning of one is held back until the
/// next token decides, so that no part of a stop string is ever seen.
/// </summary>
internal sealed class StopMatcher(IReadOnlyList<string> stops)
{
    private readonly StringBuilder _held = new();

    /// <summary>A stop string has appeared; nothing is let through any more.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Takes in more text and gives back what is certain now.</summary>
    public string Append(string text)
    {
        if (Stopped)
            return "";
        if (stops.Count == 0)
            return text;

        var all = _held.Append(text).ToString();
        _held.Clear();
        var end = all.Length;
        foreach (var stop in stops)
        {
            var at = all.IndexOf(stop, StringComparison.Ordinal);
            if (at < 0)
                continue;
            Stopped = true;
            end = Math.Min(end, at);
        }
        if (Stopped)
            return all[..end];

        var certain = all.Length - stops.Max(stop => LongestBeginningAtEnd(all, stop));
        _held.Append(all, certain, all.Length - certain);
        return all[..certain];
    }

    /// <summary>The answer is over: what was held back was no stop string.</summary>
    public string Flush()
    {
        var rest = _held.ToString();
        _held.Clear();
        return rest;
    }

    private static int LongestBeginningAtEnd(string text, string stop)
    {
        for (var length = Math.Min(stop.Length - 1, text.Length); length > 0; length--)
        {
            if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length)))
                return length;
        }
        return 0;
    }
}
