using Appliance.Hardware;
using Appliance.Model;

namespace FastTests.Hardware;

public sealed class RotorTests : IDisposable
{
    private readonly SysfsFolder _sys = new();

    [Fact]
    public void A_duty_is_written_in_manual_mode_and_read_back()
    {
        var chip = _sys.Chip(0, "max31790", ("pwm1", "0"), ("pwm1_enable", "2"), ("fan1_input", "0"));
        var write = Write(Rotor("max31790"), Duty.OfPermille(500), 0);
        Assert.Equal(RotorWriteState.Confirmed, write.State);
        Assert.Equal("1", SysfsFolder.Get(chip, "pwm1_enable"));
        Assert.Equal("128", SysfsFolder.Get(chip, "pwm1"));
        Assert.Equal(Duty.OfPwm(128), write.ReadBack.Value);
    }

    [Fact]
    public void A_standing_duty_is_written_again_within_a_second()
    {
        _sys.Chip(0, "max31790", ("pwm1", "0"), ("pwm1_enable", "1"));
        var rotor = Rotor("max31790");
        var states = Enumerable.Range(0, 11).Select(i => Write(rotor, Duty.OfPermille(500), i * 0.1).State).ToArray();
        Assert.Equal(RotorWriteState.Confirmed, states[0]);
        Assert.Contains(states.Skip(1), s => s == RotorWriteState.Confirmed);
        Assert.Contains(RotorWriteState.Standing, states);
    }

    [Fact]
    public void A_duty_that_somebody_else_changed_is_put_right_in_the_next_tick_and_told()
    {
        var chip = _sys.Chip(0, "max31790", ("pwm1", "0"), ("pwm1_enable", "1"));
        var rotor = Rotor("max31790");
        Write(rotor, Duty.OfPermille(800), 0);
        SysfsFolder.Set(chip, "pwm1", "10");

        var write = Write(rotor, Duty.OfPermille(800), 0.1);

        Assert.True(write.Foreign);
        Assert.Equal(RotorWriteState.Confirmed, write.State);
        Assert.Equal("204", SysfsFolder.Get(chip, "pwm1"));
    }

    [Fact]
    public void Automatic_mode_switched_on_by_somebody_else_is_switched_off_again()
    {
        var chip = _sys.Chip(0, "max31790", ("pwm1", "0"), ("pwm1_enable", "1"));
        var rotor = Rotor("max31790");
        Write(rotor, Duty.OfPermille(800), 0);
        SysfsFolder.Set(chip, "pwm1_enable", "2");

        var write = Write(rotor, Duty.OfPermille(800), 0.1);

        Assert.True(write.Foreign);
        Assert.True(write.IsGood);
        Assert.Equal("1", SysfsFolder.Get(chip, "pwm1_enable"));
    }

    [Fact]
    public void A_chip_that_is_not_there_is_gone_and_comes_back_driven()
    {
        using var tree = new HwmonTree(_sys.Root);
        var rotor = new Rotor(tree, "fan1", "max31790", 1);
        Assert.Equal(RotorWriteState.Gone, Write(rotor, Duty.Full, 0).State);

        var chip = _sys.Chip(3, "max31790", ("pwm1", "10"), ("pwm1_enable", "1"));
        tree.Refresh(TimeSpan.FromSeconds(1));

        Assert.Equal(RotorWriteState.Confirmed, Write(rotor, Duty.Full, 1).State);
        Assert.Equal("255", SysfsFolder.Get(chip, "pwm1"));
    }

    [Fact]
    public void A_write_that_fails_says_so()
    {
        var chip = _sys.Chip(0, "max31790", ("pwm1_enable", "1"));
        Directory.CreateDirectory(Path.Combine(chip, "pwm1")); // opens for nothing, as a broken attribute would
        var write = Write(Rotor("max31790"), Duty.Full, 0);
        Assert.Equal(RotorWriteState.Failed, write.State);
        Assert.False(write.ReadBack.HasValue);
    }

    // The table that a safe exit depends on: what stands in enable and pwm after WriteFull, from every state somebody may have left.
    [Theory]
    [InlineData("pwmfan", "0")]
    [InlineData("pwmfan", "3")]
    [InlineData("max31790", "0")]
    [InlineData("max31790", "2")]
    [InlineData("max6650", "3")]
    [InlineData("max6650", "2")]
    [InlineData("nct6775", "5")]
    public void The_safe_state_is_manual_and_full_whatever_mode_the_driver_was_in(string driver, string enable)
    {
        var chip = _sys.Chip(0, driver, ("pwm1", "30"), ("pwm1_enable", enable));
        Assert.True(Rotor(driver).WriteFull().IsOk);
        Assert.Equal("255", SysfsFolder.Get(chip, "pwm1"));
        Assert.Equal("1", SysfsFolder.Get(chip, "pwm1_enable"));
    }

    [Fact]
    public void A_driver_without_an_enable_file_is_set_to_full_by_its_duty_alone()
    {
        var chip = _sys.Chip(0, "emc2305", ("pwm1", "30"));
        Assert.True(Rotor("emc2305").WriteFull().IsOk);
        Assert.Equal("255", SysfsFolder.Get(chip, "pwm1"));
        Assert.False(File.Exists(Path.Combine(chip, "pwm1_enable")));
    }

    [Theory]
    [InlineData("pwmfan", false)]
    [InlineData("max31790", false)]
    [InlineData("max6650", true)]
    [InlineData("nct6775", true)]
    public void Enable_zero_is_the_last_resort_only_where_it_means_full_speed(string driver, bool allowed)
    {
        var chip = _sys.Chip(0, driver, ("pwm1_enable", "1"));
        Directory.CreateDirectory(Path.Combine(chip, "pwm1"));
        Assert.Equal(allowed, Rotor(driver).WriteFull().IsOk);
        Assert.Equal(allowed ? "0" : "1", SysfsFolder.Get(chip, "pwm1_enable"));
    }

    private Rotor Rotor(string driver) => new(new HwmonTree(_sys.Root), "fan1", driver, 1);

    private static RotorWrite Write(Rotor rotor, Duty duty, double seconds)
    {
        var now = TimeSpan.FromSeconds(seconds);
        return rotor.Write(duty, rotor.Read(now), now);
    }

    public void Dispose() => _sys.Dispose();
}
