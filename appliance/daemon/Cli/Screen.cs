namespace Appliance.Daemon.Cli;

/// <summary>What the reader's terminal can show. Texts are made with UTF-8 in mind and put into ASCII where it cannot.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Lines.</param>
/// <param name="Colour">False off a terminal, with NO_COLOR set or on a dumb terminal.</param>
/// <param name="Unicode">False where the locale is not UTF-8: serial consoles.</param>
internal sealed record Screen(int Width, int Height, bool Colour, bool Unicode)
{
    private const string Sparks = "▁▂▃▄▅▆▇█";
    private const string AsciiSparks = "_.-=+*%#";

    /// <summary>From the environment and the terminal behind standard output.</summary>
    public static Screen OfConsole()
    {
        string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
        var terminal = !Console.IsOutputRedirected;
        var locale = Variable("LC_ALL") ?? Variable("LC_CTYPE") ?? Variable("LANG") ?? "";
        var unicode = locale.Contains("UTF-8", StringComparison.OrdinalIgnoreCase) || locale.Contains("utf8", StringComparison.OrdinalIgnoreCase);
        var (width, height) = (80, 24);
        if (terminal)
        {
            // A serial line reports 0 by 0.
            (width, height) = (Console.WindowWidth > 0 ? Console.WindowWidth : 80, Console.WindowHeight > 0 ? Console.WindowHeight : 24);
        }

        var colour = terminal && Variable("NO_COLOR") is null && Variable("TERM") is not (null or "dumb");
        return new(Math.Clamp(width, 20, 400), Math.Clamp(height, 5, 200), colour, unicode);
    }

    public string Good(string text) => Paint("32", text);

    public string Warn(string text) => Paint("33", text);

    public string Bad(string text) => Paint("1;31", text);

    public string Faint(string text) => Paint("2", text);

    public string Strong(string text) => Paint("1", text);

    private string Paint(string code, string text) => Colour && text.Length > 0 ? $"\x1b[{code}m{text}\x1b[0m" : text;

    /// <summary>Eight heights; a gap where nothing was known.</summary>
    public char Spark(double? value, double low, double high)
    {
        if (value is not { } v || double.IsNaN(v))
            return ' ';
        var index = high > low ? (int)((v - low) / (high - low) * 8) : 0;
        return (Unicode ? Sparks : AsciiSparks)[Math.Clamp(index, 0, 7)];
    }

    /// <summary>A bar of so many columns.</summary>
    public string Bar(double fraction, int columns)
    {
        var full = (int)Math.Round(Math.Clamp(double.IsNaN(fraction) ? 0 : fraction, 0, 1) * columns);
        return new string(Unicode ? '█' : '#', full) + new string(Unicode ? '·' : '.', columns - full);
    }

    /// <summary>The text as this terminal can show it.</summary>
    public string Fit(string text) => Unicode
        ? text
        : text.Replace("°C", "C").Replace("·", "-").Replace("–", "-").Replace("—", "-").Replace("…", "...").Replace("→", "->")
            .Replace("✓", "ok").Replace("✗", "!!").Replace("●", "*").Replace("○", "o").Replace("▲", "^").Replace("±", "+-").Replace("─", "-")
            .Replace("×", "x").Replace("²", "2").Replace("’", "'");

    /// <summary>Columns a text takes, without its colours.</summary>
    public static int Length(string text)
    {
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\x1b')
            {
                while (i < text.Length && text[i] != 'm')
                    i++;
            }
            else
            {
                length++;
            }
        }

        return length;
    }

    /// <summary>Cut to the width, colours kept and ended.</summary>
    public string Cut(string text, int width)
    {
        if (Length(text) <= width)
            return text;
        var mark = Unicode ? "…" : ".";
        var cut = new System.Text.StringBuilder();
        var columns = 0;
        for (var i = 0; i < text.Length && columns < width - 1; i++)
        {
            if (text[i] == '\x1b')
            {
                var end = text.IndexOf('m', i);
                cut.Append(text, i, end - i + 1);
                i = end;
                continue;
            }

            cut.Append(text[i]);
            columns++;
        }

        return cut.Append(Colour && text.Contains('\x1b') ? "\x1b[0m" : "").Append(mark).ToString();
    }

    public static string Pad(string text, int width) => text + new string(' ', Math.Max(0, width - Length(text)));
}
