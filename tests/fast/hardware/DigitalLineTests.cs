using Appliance.Hardware;
using Appliance.Model;

namespace FastTests.Hardware;

public sealed class DigitalLineTests : IDisposable
{
    private readonly SysfsFolder _sys = new();
    private readonly BoardLine[] _board =
    [
        new("leak1", "leak_rope", 0, 0, ActiveLow: false),
        new("leak1_wire", "leak_wire", 0, 4, ActiveLow: true),
        new("valve1", "valve", 0, 7, ActiveLow: false, Output: true),
    ];

    [Theory]
    [InlineData(0, 1, true)]
    [InlineData(0, 0, false)]
    [InlineData(1, 1, false)]
    [InlineData(1, 0, true)]
    public void A_line_says_whether_its_condition_holds_not_how_it_is_wired(int index, int level, bool holds)
    {
        _sys.Line(0, _board[index].Offset, level);
        using var lines = DigitalLines.OnTwin(_board, _sys.Root);
        Assert.Equal(holds, lines.Read(index, TimeSpan.Zero).Value);
    }

    [Fact]
    public void A_leak_line_that_cannot_be_read_is_absent_and_not_dry()
    {
        using var lines = DigitalLines.OnTwin(_board, _sys.Root);
        Assert.False(lines.Read(0, TimeSpan.Zero).HasValue);
        _sys.Line(0, 0, 1);
        Assert.False(lines.Read(0, TimeSpan.FromSeconds(1)).HasValue); // tried again after two seconds
        Assert.True(lines.Read(0, TimeSpan.FromSeconds(3)).Value);
    }

    [Fact]
    public void An_output_is_driven_and_an_input_is_not_to_be_driven()
    {
        _sys.Line(0, 0, 0);
        _sys.Line(0, 7, 0);
        using var lines = DigitalLines.OnTwin(_board, _sys.Root);
        Assert.True(lines.Write(2, true, TimeSpan.Zero));
        Assert.Equal("1", File.ReadAllText(TwinGpioDriver.PathOf(_sys.Root, 0, 7)).Trim());
        Assert.Throws<ArgumentException>(() => lines.Write(0, true, TimeSpan.Zero));
    }

    [Theory]
    [InlineData(false, 1, 0)]
    [InlineData(true, 0, 1)]
    public void A_humidifier_is_off_from_the_moment_its_line_is_opened_and_after_it_is_closed(bool activeLow, int on, int off)
    {
        _sys.Line(0, 9, on); // as somebody left it
        var file = TwinGpioDriver.PathOf(_sys.Root, 0, 9);
        using (var lines = DigitalLines.OnTwin([new("humidifier1", "humidifier", 0, 9, activeLow, Output: true)], _sys.Root))
        {
            Assert.False(lines.Read(0, TimeSpan.Zero).Value);
            Assert.Equal(off.ToString(System.Globalization.CultureInfo.InvariantCulture), File.ReadAllText(file).Trim());
            Assert.True(lines.Write(0, true, TimeSpan.Zero));
            Assert.Equal(on.ToString(System.Globalization.CultureInfo.InvariantCulture), File.ReadAllText(file).Trim());
        }

        Assert.Equal(off.ToString(System.Globalization.CultureInfo.InvariantCulture), File.ReadAllText(file).Trim());
    }

    public void Dispose() => _sys.Dispose();
}
