using System.Text;

namespace Appliance.Daemon.Terminal;

/// <summary>Rows of a table by columns of a terminal, Chinese or not. A width below zero stands for a column that is flush right.</summary>
internal sealed record Columns(IReadOnlyList<int> Widths)
{
    public string Row(IReadOnlyList<string> cells)
    {
        var row = new StringBuilder();
        for (var i = 0; i < Math.Min(cells.Count, Widths.Count); i++)
        {
            var width = Math.Abs(Widths[i]);
            var cell = CellWidth.Fit(cells[i], width).TrimEnd();
            var blanks = new string(' ', width - CellWidth.Of(cell));
            row.Append(i > 0 ? " " : "").Append(Widths[i] < 0 ? blanks + cell : cell + blanks);
        }

        return row.ToString().TrimEnd();
    }
}
