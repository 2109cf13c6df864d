using System.Globalization;
using System.Text;

namespace FastTests.Terminal;

/// <summary>
/// A terminal of the least kind: moves, erases, two looks, wide characters. What it is sent may be cut anywhere; what no terminal should be sent is kept as a
/// fault and does nothing else.
/// </summary>
/// <param name="columns">That a character takes; 0 for one that is not shown.</param>
internal sealed class Vt100(int width, int height, Func<Rune, int> columns)
{
    private readonly string[,] _cells = Empty(width, height);
    private readonly StringBuilder _escape = new();
    private (int Row, int Column) _at;
    private string _look = "";
    private char _high;

    public List<string> Faults { get; } = [];

    /// <summary>Bold with ! behind each character, reverse with ~.</summary>
    public string Dump() => Text(cell => cell);

    /// <summary>As a person reads it, without looks.</summary>
    public string Plain() => Text(cell => cell.Length > 1 && cell[^1] is '!' or '~' ? cell[..^1] : cell);

    public void Feed(string text)
    {
        foreach (var c in text)
            Feed(c);
    }

    public void Feed(char c)
    {
        if (c == '\x1b' || _escape.Length > 0)
            Escape(c);
        else if (char.IsHighSurrogate(c))
            _high = c;
        else if (Rune.TryCreate(c, out var rune) || Rune.TryCreate(_high, c, out rune))
            Put(rune);
    }

    private void Escape(char c)
    {
        _escape.Append(c);
        if (_escape.Length == 2 && c != '[')
        {
            Faults.Add($"ESC {c}");
            _escape.Clear();
        }
        else if (char.IsAsciiLetter(c))
        {
            var arguments = _escape.ToString(2, _escape.Length - 3);
            _escape.Clear();
            Do(arguments, c);
        }
    }

    private void Put(Rune rune)
    {
        var taken = columns(rune);
        if (taken == 0)
            return;
        if (_at.Row >= height || _at.Column + taken > width)
        {
            Faults.Add($"{rune} is written past the edge");
            return;
        }

        if (_at.Row == height - 1 && _at.Column + taken == width)
            Faults.Add("the last cell of the screen scrolls some terminals");
        _cells[_at.Row, _at.Column] = $"{rune}{_look}";
        if (taken == 2)
            _cells[_at.Row, _at.Column + 1] = "";
        _at.Column += taken;
    }

    private void Do(string arguments, char what)
    {
        switch (what)
        {
            case 'H':
                var place = arguments.Length == 0 ? [1, 1] : arguments.Split(';').Select(a => int.Parse(a, CultureInfo.InvariantCulture)).ToArray();
                _at = (place[0] - 1, place[1] - 1);
                break;
            case 'J':
                for (var row = 0; row < height; row++)
                    Erase(row, 0);
                break;
            case 'K':
                if (_look.Length > 0)
                    Faults.Add("erased in a look that some terminals fill with");
                Erase(_at.Row, _at.Column);
                break;
            case 'm' when arguments is "0":
                _look = "";
                break;
            case 'm' when arguments is "1" or "0;1":
                _look = "!";
                break;
            case 'm' when arguments is "7" or "0;7":
                _look = "~";
                break;
            default:
                Faults.Add($"ESC [ {arguments} {what} is no VT100 of ours");
                break;
        }
    }

    private void Erase(int row, int from)
    {
        for (var column = from; column < width; column++)
            _cells[row, column] = " ";
    }

    private string Text(Func<string, string> of)
    {
        var text = new StringBuilder();
        for (var row = 0; row < height; row++)
        {
            for (var column = 0; column < width; column++)
                text.Append(of(_cells[row, column]));
            text.Append('\n');
        }

        return text.ToString();
    }

    private static string[,] Empty(int width, int height)
    {
        var cells = new string[height, width];
        for (var row = 0; row < height; row++)
        {
            for (var column = 0; column < width; column++)
                cells[row, column] = " ";
        }

        return cells;
    }
}
