using System.Text;

namespace Appliance.Daemon.Terminal;

/// <summary>Columns a text takes on a terminal: Chinese characters take two. Of Unicode only what this product writes is known.</summary>
internal static class CellWidth
{
    public static int Of(Rune rune) => rune.Value switch
    {
        < 0x20 or 0x7F => 0,
        >= 0x1100 and <= 0x115F or >= 0x2E80 and <= 0x303E or >= 0x3041 and <= 0xA4CF or >= 0xAC00 and <= 0xD7A3 or >= 0xF900 and <= 0xFAFF
            or >= 0xFE30 and <= 0xFE6F or >= 0xFF00 and <= 0xFF60 or >= 0xFFE0 and <= 0xFFE6 or >= 0x20000 and <= 0x3FFFD => 2,
        _ => 1,
    };

    public static int Of(string text)
    {
        var width = 0;
        foreach (var rune in text.EnumerateRunes())
            width += Of(rune);
        return width;
    }

    /// <summary>Cut to the width, or filled with blanks up to it.</summary>
    public static string Fit(string text, int width)
    {
        var (taken, kept) = (0, new StringBuilder());
        foreach (var rune in text.EnumerateRunes())
        {
            if (taken + Of(rune) > width)
                break;
            kept.Append(rune.ToString());
            taken += Of(rune);
        }

        return kept.Append(' ', width - taken).ToString();
    }

    /// <summary>Broken at blanks, or between Chinese characters, into lines of the width.</summary>
    public static IEnumerable<string> Wrap(string text, int width)
    {
        var line = new StringBuilder();
        var (columns, blankAt) = (0, -1);
        foreach (var rune in text.EnumerateRunes())
        {
            if (columns + Of(rune) > width)
            {
                var at = blankAt > 0 ? blankAt : line.Length;
                yield return line.ToString(0, at);
                var rest = line.ToString(at, line.Length - at).TrimStart();
                line.Clear().Append(rest);
                (columns, blankAt) = (Of(rest), -1);
                if (line.Length == 0 && rune.Value == ' ')
                    continue;
            }

            if (rune.Value == ' ')
                blankAt = line.Length;
            else if (Of(rune) == 2)
                blankAt = -1; // may break right before or behind it
            line.Append(rune.ToString());
            columns += Of(rune);
        }

        if (line.Length > 0)
            yield return line.ToString();
    }
}
