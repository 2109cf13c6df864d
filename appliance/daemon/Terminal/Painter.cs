using System.Globalization;
using System.Text;

namespace Appliance.Daemon.Terminal;

/// <summary>
/// Brings a terminal from what it shows to what it shall show, with few bytes: at 9600 baud a byte takes a millisecond, and a whole screen two
/// seconds. Knows every cell; sends what changed, and goes over short unchanged stretches where moving the cursor would cost more. VT100
/// sequences only. Pure but for what it remembers.
/// </summary>
internal sealed class Painter(int width, int height)
{
    /// <summary>An unchanged stretch shorter than a cursor movement (<c>ESC [ r ; c H</c>) is cheaper to send again.</summary>
    private const int ShortestMove = 7;

    /// <summary>Fewer blanks than this at the end of a line are sent as blanks (<c>ESC [ K</c> is three bytes).</summary>
    private const int ShortestErase = 4;

    /// <summary>The right half of a character of two columns.</summary>
    private const int RightHalf = -1;

    private static readonly Cell Blank = new(' ', Look.Plain);

    private readonly Cell[] _shown = NewCells(width * height);
    private bool _fresh = true;

    private readonly record struct Cell(int Rune, Look Look);

    public int Width => width;

    public int Height => height;

    /// <summary>The terminal may show anything now (noise on the line, another program): the next painting is a whole one.</summary>
    public void Forget() => _fresh = true;

    /// <returns>What to send; empty when nothing changed. The last column of the last line is never written: some terminals scroll then.</returns>
    public string Paint(IReadOnlyList<Line> lines)
    {
        var output = new StringBuilder();
        if (_fresh)
        {
            output.Append("\x1b[0m\x1b[H\x1b[2J");
            Array.Fill(_shown, Blank);
        }

        _fresh = false;
        var look = Look.Plain;
        var wanted = new Cell[width];
        for (var row = 0; row < height; row++)
        {
            Fill(wanted, row < lines.Count ? lines[row] : "", row == height - 1);
            PaintRow(output, row, wanted, ref look);
        }

        if (look != Look.Plain)
            output.Append("\x1b[0m");
        return output.ToString();
    }

    private void Fill(Cell[] cells, Line line, bool isLast)
    {
        Array.Fill(cells, line.Look == Look.Reverse ? new(' ', Look.Reverse) : Blank);
        var column = 0;
        var room = isLast ? width - 1 : width;
        foreach (var rune in line.Text.EnumerateRunes())
        {
            var columns = CellWidth.Of(rune);
            if (columns == 0)
                continue; // a control character has no business here
            if (column + columns > room)
                break;
            cells[column] = new(rune.Value, line.Look);
            if (columns == 2)
                cells[column + 1] = new(RightHalf, line.Look);
            column += columns;
        }

        if (isLast)
            cells[width - 1] = Blank;
    }

    private void PaintRow(StringBuilder output, int row, Cell[] wanted, ref Look look)
    {
        var shown = _shown.AsSpan(row * width, width);
        var end = width;
        while (end > 0 && wanted[end - 1] == Blank)
            end--;
        var cursor = -1;
        for (var column = 0; column < end; column++)
        {
            if (shown[column] == wanted[column])
                continue;
            var start = wanted[column].Rune == RightHalf ? column - 1 : column;
            if (cursor >= 0 && start - cursor < ShortestMove && Uniform(wanted, cursor, start, look))
            {
                Send(output, wanted, cursor, start, ref look);
            }
            else if (cursor != start)
            {
                output.Append(CultureInfo.InvariantCulture, $"\x1b[{row + 1};{start + 1}H");
            }

            cursor = start;
            Send(output, wanted, cursor, cursor + Columns(wanted, cursor), ref look);
            cursor += Columns(wanted, start);
            column = cursor - 1;
        }

        var stale = 0;
        for (var column = end; column < width; column++)
            stale += shown[column] == Blank ? 0 : 1;
        if (stale > 0)
            Erase(output, row, end, cursor, shown, ref look);
        wanted.AsSpan().CopyTo(shown);
    }

    /// <summary>From the end of the text on nothing is left.</summary>
    private void Erase(StringBuilder output, int row, int end, int cursor, Span<Cell> shown, ref Look look)
    {
        var last = width;
        while (last > end && shown[last - 1] == Blank)
            last--;
        var first = end;
        while (shown[first] == Blank)
            first++;
        if (cursor != first)
            output.Append(CultureInfo.InvariantCulture, $"\x1b[{row + 1};{first + 1}H");
        Turn(output, Look.Plain, ref look);
        if (last - first < ShortestErase)
            output.Append(' ', last - first);
        else
            output.Append("\x1b[K");
    }

    private static bool Uniform(Cell[] cells, int from, int to, Look look)
    {
        for (var i = from; i < to; i++)
        {
            if (cells[i].Look != look || cells[i].Rune > 0x7E)
                return false;
        }

        return true;
    }

    private static int Columns(Cell[] cells, int column) => column + 1 < cells.Length && cells[column + 1].Rune == RightHalf ? 2 : 1;

    private static void Send(StringBuilder output, Cell[] cells, int from, int to, ref Look look)
    {
        for (var i = from; i < to; i++)
        {
            if (cells[i].Rune == RightHalf)
                continue;
            Turn(output, cells[i].Look, ref look);
            output.Append(new Rune(cells[i].Rune).ToString());
        }
    }

    private static void Turn(StringBuilder output, Look wanted, ref Look look)
    {
        if (wanted == look)
            return;
        output.Append(look == Look.Plain ? wanted == Look.Bold ? "\x1b[1m" : "\x1b[7m" : wanted == Look.Plain ? "\x1b[0m" : wanted == Look.Bold ? "\x1b[0;1m" : "\x1b[0;7m");
        look = wanted;
    }

    private static Cell[] NewCells(int count)
    {
        var cells = new Cell[count];
        Array.Fill(cells, Blank);
        return cells;
    }
}
