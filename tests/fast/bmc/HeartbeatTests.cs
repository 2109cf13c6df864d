using BmcAgent;
using CsCheck;

namespace FastTests.Bmc;

public sealed class HeartbeatTests
{
    private static TimeSpan S(double seconds) => TimeSpan.FromSeconds(seconds);

    [Fact]
    public void Silence_is_declared_once_after_four_seconds_and_again_only_after_a_new_beat()
    {
        var heart = Heartbeat.Begin(S(0)).Beat(1, S(1));
        Assert.False(heart.Check(S(5)).Declare);
        (heart, var declare) = heart.Check(S(5.1));
        Assert.True(declare);
        Assert.False(heart.Check(S(100)).Declare);
        heart = heart.Beat(2, S(101));
        Assert.False(heart.Check(S(104)).Declare);
        Assert.True(heart.Check(S(106)).Declare);
    }

    [Fact]
    public void Frames_whose_tick_stands_still_are_no_sign_of_life()
    {
        var heart = Heartbeat.Begin(S(0)).Beat(77, S(1));
        for (var t = 2; t < 6; t++)
            heart = heart.Beat(77, S(t));
        Assert.True(heart.Check(S(5.5)).Declare);
    }

    [Fact]
    public void A_booting_box_gets_longer_for_its_first_beat()
    {
        var heart = Heartbeat.Begin(S(0));
        Assert.False(heart.Check(S(14)).Declare);
        Assert.True(heart.Check(S(15.1)).Declare);
    }

    [Fact]
    public void Whoever_beats_in_time_is_never_declared() =>
        Gen.Double[0.05, 3.9].List[1, 50].Sample(gaps =>
        {
            var (now, heart) = (S(0), Heartbeat.Begin(S(0)).Beat(0, S(0)));
            foreach (var (tick, gap) in gaps.Index())
            {
                now += S(gap);
                (heart, var declare) = heart.Check(now);
                if (declare)
                    return false;
                heart = heart.Beat(tick + 1, now);
            }

            return true;
        });
}
