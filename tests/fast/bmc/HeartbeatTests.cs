using BmcAgent;
using CsCheck;

namespace FastTests.Bmc;

public sealed class HeartbeatTests
{
    private static TimeSpan S(double seconds) => TimeSpan.FromSeconds(seconds);

    private static HeartbeatVerdict At(Heartbeat heart, double seconds) => heart.Check(S(seconds)).Verdict;

    [Fact]
    public void Death_is_declared_once_after_four_seconds_and_again_only_after_a_new_beat()
    {
        var heart = Heartbeat.Begin(S(0)).Beat(1, S(1));
        Assert.Equal(HeartbeatVerdict.None, At(heart, 5));
        (heart, var verdict) = heart.Check(S(5.1));
        Assert.Equal(HeartbeatVerdict.Dead, verdict);
        Assert.Equal(HeartbeatVerdict.None, At(heart, 100));
        heart = heart.Beat(2, S(101));
        Assert.Equal(HeartbeatVerdict.None, At(heart, 104));
        Assert.Equal(HeartbeatVerdict.Dead, At(heart, 106));
    }

    [Fact]
    public void Frames_whose_tick_stands_still_are_no_sign_of_life()
    {
        var heart = Heartbeat.Begin(S(0)).Beat(77, S(1));
        for (var t = 2; t < 6; t++)
            heart = heart.Beat(77, S(t));
        Assert.Equal(HeartbeatVerdict.Dead, At(heart, 5.5));
    }

    [Fact]
    public void A_booting_box_gets_longer_for_its_first_beat()
    {
        var heart = Heartbeat.Begin(S(0));
        Assert.Equal(HeartbeatVerdict.None, At(heart, 14));
        Assert.Equal(HeartbeatVerdict.Dead, At(heart, 15.1));
    }

    [Fact]
    public void A_daemon_that_only_answers_is_silent_and_not_dead()
    {
        var heart = Heartbeat.Begin(S(0)).Beat(1, S(1)).Answer(31, S(4.2));
        (heart, var verdict) = heart.Check(S(5.1));
        Assert.Equal(HeartbeatVerdict.Silent, verdict);
        heart = heart.Answer(45, S(5.5));
        Assert.Equal(HeartbeatVerdict.None, At(heart, 9));
    }

    [Fact]
    public void A_daemon_that_was_silent_first_and_dies_then_is_declared_dead_all_the_same()
    {
        var heart = Heartbeat.Begin(S(0)).Beat(1, S(1)).Answer(31, S(4.2));
        (heart, _) = heart.Check(S(5.1));
        heart = heart.Answer(500, S(60));
        Assert.Equal(HeartbeatVerdict.None, At(heart, 63.9));
        Assert.Equal(HeartbeatVerdict.Dead, At(heart, 64.1));
    }

    [Fact]
    public void An_answer_whose_tick_stands_still_is_no_sign_of_life()
    {
        var heart = Heartbeat.Begin(S(0)).Beat(77, S(1)).Answer(77, S(4.2)).Answer(77, S(4.9));
        Assert.Equal(HeartbeatVerdict.Dead, At(heart, 5.1));
    }

    [Fact]
    public void The_control_socket_is_asked_before_the_limit_and_only_when_frames_are_missing()
    {
        var heart = Heartbeat.Begin(S(0)).Beat(1, S(1));
        Assert.False(heart.IsToBeAsked(S(3.9)));
        Assert.True(heart.IsToBeAsked(S(4.1)));
        heart = heart.Answer(31, S(4.2));
        Assert.False(heart.IsToBeAsked(S(5)));
        Assert.True(heart.IsToBeAsked(S(5.3)));
        Assert.False(heart.Beat(40, S(5.4)).IsToBeAsked(S(6.5)));
    }

    /// <summary>Asked every second and looked at four times a second, as the watch does it.</summary>
    [Fact]
    public void Whoever_dies_is_declared_dead_within_4_3_seconds_whatever_came_before() =>
        Gen.Select(Gen.Double[0, 60], Gen.Bool).Sample((diesAt, framesCome) =>
        {
            var heart = Heartbeat.Begin(S(0)).Beat(0, S(0));
            for (var now = 0.0; now < diesAt + 6; now += 0.25)
            {
                var tick = (long)(Math.Min(now, diesAt) * 10);
                if (framesCome && now <= diesAt)
                    heart = heart.Beat(tick, S(now));
                if (now <= diesAt && heart.IsToBeAsked(S(now)))
                    heart = heart.Answer(tick, S(now));
                (heart, var verdict) = heart.Check(S(now));
                if (verdict == HeartbeatVerdict.Dead)
                    return now > diesAt && now - diesAt <= 4.3;
            }

            return false;
        });

    [Fact]
    public void Whoever_beats_in_time_is_never_declared() =>
        Gen.Double[0.05, 3.9].List[1, 50].Sample(gaps =>
        {
            var (now, heart) = (S(0), Heartbeat.Begin(S(0)).Beat(0, S(0)));
            foreach (var (tick, gap) in gaps.Index())
            {
                now += S(gap);
                (heart, var verdict) = heart.Check(now);
                if (verdict != HeartbeatVerdict.None)
                    return false;
                heart = heart.Beat(tick + 1, now);
            }

            return true;
        });
}
