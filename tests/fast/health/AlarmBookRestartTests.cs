using Appliance.Health;
using Appliance.Model;

namespace FastTests.Health;

/// <summary>The book of a daemon that was started again: its clock began anew, its rules have seen nothing yet.</summary>
public sealed class AlarmBookRestartTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);
    private static readonly Finding Stalled = new(AlarmCatalogue.FanStalled, "fan3", "fan3 does not turn.");
    private static readonly Finding Leak = new(AlarmCatalogue.LeakConfirmed, "loop", "A leak sensor is wet.");
    private static readonly Finding Slow = new(BoardAlarms.LatencyHigh, "inference", "P99 is 240 ms.");

    [Fact]
    public void What_stood_and_was_seen_stands_seen_before_the_rules_have_looked()
    {
        var before = AlarmBook.Acknowledge(Raised(Stalled, Leak), AlarmCatalogue.FanStalled, "fan3").Book;
        var book = AlarmBook.Of(before.Standing);
        Assert.Equal(before.Standing, book.Standing);

        var step = AlarmBook.Step(book, [], At(0.25));
        Assert.Empty(step.Changes);
        Assert.Equal(before.Standing, step.Book.Standing);
        Assert.True(book.IsStanding(AlarmCatalogue.FanStalled, "fan3"), "the rules' own hysteresis asks for it");
    }

    [Fact]
    public void What_is_found_again_is_not_told_again()
    {
        var book = AlarmBook.Of(AlarmBook.Acknowledge(Raised(Stalled), AlarmCatalogue.FanStalled, null).Book.Standing);
        for (var second = 100_000; second < 100_025; second++)
        {
            // Found late, as after a start, and saying something else than before.
            var step = AlarmBook.Step(book, second < 100_004 ? [] : [Stalled with { Text = "fan3 does not turn (0 rpm)." }], At(second));
            Assert.Empty(step.Changes);
            book = step.Book;
        }

        var alarm = Assert.Single(book.Standing);
        Assert.True(alarm.Acknowledged);
        Assert.Equal(Start.AddSeconds(0), alarm.RaisedAt);

        // Confirmed, it is an alarm like any other: it clears in its usual time, and is raised anew after that.
        book = AlarmBook.Step(book, [], At(100_030)).Book;
        Assert.IsType<AlarmChange.Cleared>(Assert.Single(AlarmBook.Step(book, [], At(100_035)).Changes));
        Assert.IsType<AlarmChange.Raised>(Assert.Single(AlarmBook.Step(AlarmBook.Step(book, [], At(100_035)).Book, [Stalled], At(100_036)).Changes));
    }

    [Fact]
    public void What_is_over_clears_with_an_event_once_the_rules_had_the_time_to_find_it()
    {
        var book = AlarmBook.Of(Raised(Stalled, Slow).Standing);
        List<(double, AlarmChange)> changes = [];
        for (var second = 0; second < 400; second++)
        {
            var step = AlarmBook.Step(book, [], At(second));
            book = step.Book;
            changes.AddRange(step.Changes.Select(c => ((double)second, c)));
        }

        Assert.All(changes, c => Assert.IsType<AlarmChange.Cleared>(c.Item2));
        Assert.Equal(
            [(30.0, AlarmCatalogue.FanStalled), (330.0, BoardAlarms.LatencyHigh)], // answers are judged over five minutes
            changes.Select(c => (c.Item1, c.Item2.Alarm.Code)));
    }

    [Theory]
    [InlineData(false, 3630)]
    [InlineData(true, 900)]
    public void What_is_judged_over_an_hour_is_not_waited_for_so_long_after_a_reboot_which_is_when_parts_are_swapped(bool rebooted, int seconds)
    {
        var book = AlarmBook.Of(Raised(new Finding(BoardAlarms.PcieDegraded, "gpu3", "GPU 3's PCIe link has lanes less.")).Standing, rebooted);
        book = AlarmBook.Step(book, [], At(0)).Book;
        Assert.Empty(AlarmBook.Step(book, [], At(seconds - 1)).Changes);
        Assert.IsType<AlarmChange.Cleared>(Assert.Single(AlarmBook.Step(book, [], At(seconds)).Changes));
    }

    [Fact]
    public void What_waits_before_it_is_raised_is_found_again_after_a_reboot() =>
        Assert.All(AlarmCatalogue.All, k => Assert.True(k.RaiseAfter + AlarmKind.FirstReadings < AlarmKind.KnownAfterBoot, k.Code));

    [Fact]
    public void A_latched_one_stays_latched_until_a_person_has_seen_it()
    {
        var book = AlarmBook.Step(AlarmBook.Of(Raised(Leak).Standing), [], At(0)).Book;
        book = AlarmBook.Step(book, [], At(7200)).Book;
        Assert.False(Assert.Single(book.Standing).Acknowledged);
        book = AlarmBook.Acknowledge(book, AlarmCatalogue.LeakConfirmed, null).Book;
        Assert.Empty(AlarmBook.Step(book, [], At(7201)).Book.Standing);
    }

    [Fact]
    public void What_got_worse_meanwhile_wants_to_be_seen_again()
    {
        var mild = AlarmBook.Step(AlarmBook.Empty, [Stalled with { Severity = Severity.Warning }], At(0)).Book;
        var book = AlarmBook.Of(AlarmBook.Acknowledge(mild, AlarmCatalogue.FanStalled, null).Book.Standing);
        var alarm = Assert.IsType<AlarmChange.Updated>(Assert.Single(AlarmBook.Step(book, [Stalled], At(1)).Changes)).Alarm;
        Assert.Equal((Severity.Critical, false), (alarm.Severity, alarm.Acknowledged));
    }

    [Fact]
    public void A_code_that_is_not_in_the_catalogue_is_refused() =>
        Assert.Throws<ArgumentException>(() => AlarmBook.Of([new("fan_sad", "fan1", Severity.Warning, "The fan is sad.", "Cheer it up.", Start)]));

    [Fact]
    public void No_alarm_is_over_before_the_rules_may_raise_it() =>
        Assert.All(AlarmCatalogue.All, k => Assert.True(k.KnownAfter >= TimeSpan.FromSeconds(30), k.Code));

    private static AlarmBook Raised(params Finding[] findings)
    {
        var book = AlarmBook.Step(AlarmBook.Empty, findings, At(0)).Book;
        return AlarmBook.Step(book, findings, At(600)).Book;
    }

    private static Moment At(double seconds) => new(TimeSpan.FromSeconds(seconds), Start.AddSeconds(seconds));
}
