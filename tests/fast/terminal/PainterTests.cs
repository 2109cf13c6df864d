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
            var terminal = new Vt100(20, 6, CellWidth.Of);
            foreach (var frame in frames)
            {
                terminal.Feed(painter.Paint(frame));
                var clean = new Vt100(20, 6, CellWidth.Of);
                clean.Feed(new Painter(20, 6).Paint(frame));
                Assert.Equal(clean.Dump(), terminal.Dump());
                Assert.Empty(terminal.Faults);
                Assert.Empty(clean.Faults);
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
}
