using System.Text;
using Appliance.Daemon.Terminal;
using CsCheck;

namespace FastTests.Terminal;

public sealed class PainterTests
{
    [Fact]
    public void Whatever_was_shown_before_the_terminal_shows_what_was_wanted()
    {
        string[] pieces = ["a", "bc", " ", "  ", "冷却", "°", "0", "9.5", "----", "水", "          "];
        var text = Gen.Int[0, pieces.Length - 1].Array[0, 14].Select(at => string.Concat(at.Select(i => pieces[i])));
        var line = Gen.Select(text, Gen.Int[0, 2]).Select((t, look) => new Line(t, (Look)look));
        var screens = line.Array[0, 7].Array[1, 6];
        screens.Sample(frames =>
        {
            var painter = new Painter(20, 6);
            var terminal = new Vt100(20, 6);
            foreach (var frame in frames)
            {
                terminal.Feed(painter.Paint(frame));
                var clean = new Vt100(20, 6);
                clean.Feed(new Painter(20, 6).Paint(frame));
                Assert.Equal(clean.Dump(), terminal.Dump());
            }
        });
    }

    [Fact]
    public void Nothing_changed_is_nothing_sent()
    {
        var painter = new Painter(80, 24);
        Line[] lines = ["one", new("two", Look.Reverse)];
        Assert.NotEqual("", painter.Paint(lines));
        Assert.Equal("", painter.Paint(lines));
    }

    [Fact]
    public void A_digit_costs_a_movement_and_a_byte()
    {
        var painter = new Painter(80, 24);
        painter.Paint(["", "coolant 37.9 C, heat 4.21 kW"]);
        Assert.Equal("\x1b[2;12H8", painter.Paint(["", "coolant 37.8 C, heat 4.21 kW"]));
        // Two changes close together: going over what is between is cheaper than moving.
        Assert.Equal("\x1b[2;10H6.9", painter.Paint(["", "coolant 36.9 C, heat 4.21 kW"]));
        Assert.Equal("\x1b[2;12H8\x1b[2;24H3", painter.Paint(["", "coolant 36.8 C, heat 4.31 kW"]));
    }

    [Fact]
    public void A_line_that_got_shorter_is_erased_behind_its_end()
    {
        var painter = new Painter(80, 24);
        painter.Paint(["a long line of words"]);
        Assert.Equal("\x1b[1;8H\x1b[K", painter.Paint(["a long"]));
    }

    [Fact]
    public void After_noise_on_the_line_all_of_it_is_sent_again()
    {
        var painter = new Painter(80, 24);
        var first = painter.Paint(["x"]);
        painter.Forget();
        Assert.Equal(first, painter.Paint(["x"]));
    }

    [Fact]
    public void Text_is_cut_filled_and_wrapped_by_columns_not_by_characters()
    {
        Assert.Equal("冷却 ", CellWidth.Fit("冷却液", 5));
        Assert.Equal(["one two", "three"], CellWidth.Wrap("one two three", 8));
        Assert.Equal(["冷却液温", "度过高"], CellWidth.Wrap("冷却液温度过高", 8));
        Assert.Equal(["abcdefgh", "ij"], CellWidth.Wrap("abcdefghij", 8));
    }

    /// <summary>A terminal of the least kind: moves, erases, two looks, wide characters.</summary>
    private sealed class Vt100(int width, int height)
    {
        private readonly string[,] _cells = Empty(width, height);
        private (int Row, int Column) _at;
        private string _look = "";

        public string Dump()
        {
            var text = new StringBuilder();
            for (var row = 0; row < height; row++)
            {
                for (var column = 0; column < width; column++)
                    text.Append(_cells[row, column]);
                text.Append('\n');
            }

            return text.ToString();
        }

        public void Feed(string bytes)
        {
            for (var i = 0; i < bytes.Length;)
            {
                if (bytes[i] == '\x1b')
                {
                    var end = i + 2;
                    while (!char.IsAsciiLetter(bytes[end]))
                        end++;
                    Do(bytes[(i + 2)..end], bytes[end]);
                    i = end + 1;
                    continue;
                }

                var rune = Rune.GetRuneAt(bytes, i);
                i += rune.Utf16SequenceLength;
                Put(rune);
            }
        }

        private void Put(Rune rune)
        {
            var columns = CellWidth.Of(rune);
            Assert.True(_at.Column + columns <= width, "written past the edge");
            Assert.False(_at.Row == height - 1 && _at.Column + columns == width, "the last cell of the screen scrolls some terminals");
            _cells[_at.Row, _at.Column] = $"{rune}{_look}";
            if (columns == 2)
                _cells[_at.Row, _at.Column + 1] = "";
            _at.Column += columns;
        }

        private void Do(string arguments, char what)
        {
            switch (what)
            {
                case 'H':
                    var place = arguments.Length == 0 ? [1, 1] : arguments.Split(';').Select(int.Parse).ToArray();
                    _at = (place[0] - 1, place[1] - 1);
                    break;
                case 'J':
                    for (var row = 0; row < height; row++)
                    {
                        for (var column = 0; column < width; column++)
                            _cells[row, column] = " ";
                    }

                    break;
                case 'K':
                    Assert.Equal("", _look);
                    for (var column = _at.Column; column < width; column++)
                        _cells[_at.Row, column] = " ";
                    break;
                case 'm':
                    _look = arguments switch { "0" => "", "1" or "0;1" => "!", "7" or "0;7" => "~", _ => throw new InvalidOperationException(arguments) };
                    break;
                default:
                    throw new InvalidOperationException($"ESC [ {arguments} {what} is no VT100 of ours");
            }
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
}
