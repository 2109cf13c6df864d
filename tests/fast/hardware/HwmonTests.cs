using Appliance.Hardware;
using Appliance.Model;
using FastTests.Thermal;

namespace FastTests.Hardware;

public sealed class HwmonTests : IDisposable
{
    private readonly SysfsFolder _sys = new();

    [Fact]
    public void A_chip_is_found_by_its_name_whatever_its_number()
    {
        _sys.Chip(0, "nvme", ("temp1_input", "99000"));
        _sys.Chip(7, "loop_ntc", ("temp1_input", "38125"));
        using var tree = new HwmonTree(_sys.Root);

        var reading = Sensor(tree).Read(TimeSpan.FromSeconds(1));

        Assert.Equal(Reading<double>.Good(38.125, TimeSpan.FromSeconds(1)), reading);
    }

    [Fact]
    public void A_chip_that_was_renumbered_is_followed_at_the_next_refresh()
    {
        var old = _sys.Chip(2, "loop_ntc", ("temp1_input", "38000"));
        using var tree = new HwmonTree(_sys.Root);
        var sensor = Sensor(tree);
        tree.Refresh(TimeSpan.Zero);
        Assert.True(sensor.Read(TimeSpan.Zero).IsGood);

        // The kernel answers ENODEV on the old files; on ordinary files the twin says so by emptying them.
        File.WriteAllText(Path.Combine(old, "name"), "");
        File.WriteAllText(Path.Combine(old, "temp1_input"), "");
        Directory.Delete(old, recursive: true);
        _sys.Chip(9, "loop_ntc", ("temp1_input", "39000"));
        Assert.False(sensor.Read(TimeSpan.Zero).HasValue);
        tree.Refresh(TimeSpan.FromSeconds(1));

        Assert.Equal(39.0, sensor.Read(TimeSpan.FromSeconds(1)).Value);
    }

    [Fact]
    public void A_chip_that_appears_after_the_start_is_taken_up()
    {
        using var tree = new HwmonTree(_sys.Root);
        var sensor = Sensor(tree);
        Assert.False(sensor.Read(TimeSpan.Zero).HasValue);

        _sys.Chip(0, "loop_ntc", ("temp1_input", "25000"));
        tree.Refresh(TimeSpan.FromSeconds(1));

        Assert.Equal(25.0, sensor.Read(TimeSpan.FromSeconds(1)).Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ENODATA")]
    [InlineData("12.5")]
    [InlineData("0x10")]
    public void Text_that_is_no_whole_number_is_absent_and_never_zero(string text)
    {
        _sys.Chip(0, "loop_ntc", ("temp1_input", text));
        using var tree = new HwmonTree(_sys.Root);
        Assert.False(Sensor(tree).Read(TimeSpan.Zero).HasValue);
    }

    [Fact]
    public void A_channel_that_reports_its_own_fault_is_absent()
    {
        _sys.Chip(0, "loop_ntc", ("temp1_input", "38000"), ("temp1_fault", "1"));
        using var tree = new HwmonTree(_sys.Root);
        Assert.False(Sensor(tree).Read(TimeSpan.Zero).HasValue);
    }

    [Fact]
    public void A_shorter_value_written_over_a_longer_one_is_read_whole()
    {
        var chip = _sys.Chip(0, "loop_ntc", ("temp1_input", "100000"));
        using var file = SysfsFile.TryOpen(Path.Combine(chip, "temp1_input"), write: true, out _)!;
        Assert.True(file.TryWrite(7).IsOk);
        Assert.True(file.TryRead(out var value).IsOk);
        Assert.Equal(7, value);
        Assert.Equal("7", SysfsFolder.Get(chip, "temp1_input"));
    }

    [Fact]
    public void Reading_and_writing_allocate_nothing()
    {
        _sys.Chip(0, "max31790", ("pwm1", "0"), ("pwm1_enable", "1"), ("fan1_input", "1200"));
        _sys.Chip(1, "loop_ntc", ("temp1_input", "38000"));
        using var tree = new HwmonTree(_sys.Root);
        var rotor = new Rotor(tree, "fan1", "max31790", 1);
        var sensor = Sensor(tree);
        var now = TimeSpan.Zero;
        Tick(0);
        Tick(1);

        Assert.Equal(0, Allocation.OfSteps(200, () => { }, Tick));

        void Tick(int i)
        {
            now += TimeSpan.FromMilliseconds(100);
            tree.Refresh(now);
            _ = sensor.Read(now);
            _ = rotor.Write(Duty.OfPermille(i), rotor.Read(now), now);
        }
    }

    private static SensorInput Sensor(HwmonTree tree) =>
        new(tree, new("coolant_supply1", "coolant_supply", "loop_ntc", "temp1", "C", 0.001, -10, 90));

    public void Dispose() => _sys.Dispose();
}
