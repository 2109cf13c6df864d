using Appliance.Model;
using BmcAgent;

namespace FastTests.Bmc;

public sealed class HistoryTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static Snapshot At(double seconds, double? supply = 38) =>
        new() { Node = "box1", Thermal = new ThermalFrame { Ts = Noon.AddSeconds(seconds), Mode = "running", CoolantSupplyC = supply } };

    [Fact]
    public void Ten_minutes_are_kept_oldest_first()
    {
        var history = new History();
        for (var s = 0; s < 1000; s++)
            history.Add(At(s, s));
        var all = history.All();
        Assert.Equal(History.Samples, all.Length);
        Assert.Equal((400.0, 999.0), (all[0].CoolantSupplyC!.Value, all[^1].CoolantSupplyC!.Value));
    }

    [Fact]
    public void A_faster_sender_does_not_shorten_the_ten_minutes()
    {
        var history = new History();
        for (var s = 0; s < 100; s++)
            history.Add(At(s / 10.0));
        Assert.InRange(history.All().Length, 10, 12);
    }

    [Fact]
    public void A_clock_set_back_starts_the_line_anew_and_a_late_frame_does_not()
    {
        var history = new History();
        history.Add(At(100));
        history.Add(At(101));
        history.Add(At(100.5));
        Assert.Equal(2, history.All().Length);
        history.Add(At(-3600));
        Assert.Single(history.All());
    }
}
