using Appliance.Model;
using CsCheck;

namespace FastTests.Model;

public sealed class UnitTests
{
    [Fact]
    public void A_duty_that_nobody_set_is_full_speed() => Assert.Equal(1000, default(Duty).Permille);

    [Fact]
    public void An_unknown_demand_is_full_speed() => Assert.Equal(Duty.Full, Duty.OfFraction(double.NaN));

    [Fact]
    public void A_duty_never_becomes_less_on_its_way_to_the_chip_and_back() =>
        Gen.Int[0, 1000].Sample(p => Duty.OfPwm(Duty.OfPermille(p).Pwm).Permille is var back && back >= p - 1 && back <= p + 4);

    [Fact]
    public void More_duty_is_never_fewer_pwm_counts() =>
        Gen.Select(Gen.Int[0, 1000], Gen.Int[0, 1000]).Sample((a, b) =>
            (Duty.OfPermille(a) <= Duty.OfPermille(b)) == (a <= b) && (a > b || Duty.OfPermille(a).Pwm <= Duty.OfPermille(b).Pwm));

    [Fact]
    public void A_reading_that_nobody_made_is_absent()
    {
        Assert.Equal(Quality.Absent, default(Reading<double>).Quality);
        Assert.Null(default(Reading<double>).Value);
    }

    [Fact]
    public void A_good_reading_grows_stale_and_keeps_its_value()
    {
        var reading = Reading<double>.Good(38, TimeSpan.FromSeconds(10)).Aged(TimeSpan.FromSeconds(14), TimeSpan.FromSeconds(3));
        Assert.Equal((Quality.Stale, 38.0), (reading.Quality, reading.Value!.Value));
    }
}
