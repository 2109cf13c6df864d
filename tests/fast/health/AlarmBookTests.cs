using Appliance.Health;
using Appliance.Health.Board;
using Appliance.Model;
using CsCheck;
using Xunit;

namespace FastTests.Health;

public sealed class AlarmBookTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 22, 0, 0, TimeSpan.Zero);

    private static readonly Gen<Finding> AnyFinding =
        from kind in Gen.OneOf(AlarmCatalogue.All.ToArray())
        from target in Gen.OneOf("fan1", "fan2", "loop")
        from text in Gen.OneOf("warm.", "warmer.")
        from severity in Gen.OneOf<Severity?>(null, Severity.Warning, Severity.Critical)
        select new Finding(kind.Code, target, text, severity);

    /// <summary>A story: what is found at each of some seconds.</summary>
    private static readonly Gen<Finding[][]> AnyStory = AnyFinding.Array[0, 6].Array[1, 40];

    [Fact]
    public void What_stands_is_what_was_raised_and_not_cleared() => AnyStory.Sample(story =>
    {
        var seen = new HashSet<(string, string)>();
        var book = AlarmBook.Empty;
        for (var second = 0; second < story.Length; second++)
        {
            var step = AlarmBook.Step(book, story[second], At(second));
            book = step.Book;
            foreach (var change in step.Changes)
            {
                var key = (change.Alarm.Code, change.Alarm.Target);
                var consistent = change switch
                {
                    AlarmChange.Raised => seen.Add(key),
                    AlarmChange.Cleared => seen.Remove(key),
                    AlarmChange.Updated or AlarmChange.Acknowledged => seen.Contains(key),
                    _ => false,
                };
                if (!consistent)
                    return false;
            }
        }

        return seen.SetEquals(book.Standing.Select(a => (a.Code, a.Target)));
    });

    [Fact]
    public void A_cause_is_listed_before_what_the_box_did_because_of_it_whichever_was_raised_first()
    {
        var book = AlarmBook.Step(AlarmBook.Empty, [new(AlarmCatalogue.EngineParked, "loop", "parked.")], At(0)).Book;
        book = AlarmBook.Step(book, [new(AlarmCatalogue.EngineParked, "loop", "parked."), new(AlarmCatalogue.LeakConfirmed, "leak1", "leak.")], At(1)).Book;
        Assert.Equal([AlarmCatalogue.LeakConfirmed, AlarmCatalogue.EngineParked], book.Standing.Select(a => a.Code));
    }

    [Fact]
    public void One_fault_is_one_alarm()
    {
        Finding stalled = new(AlarmCatalogue.FanStalled, "fan3", "0 rpm."), slow = new(AlarmCatalogue.FanSlow, "fan3", "90 rpm."), other = new(AlarmCatalogue.FanSlow, "fan4", "900 rpm.");
        Assert.Equal([stalled, other], Dependencies.Settle([stalled, slow, other]));
        Finding off = new(AlarmCatalogue.ShutDown, "loop", "off."), gone = new(AlarmCatalogue.GpuLost, "gpu5", "gone.");
        Assert.Equal([off], Dependencies.Settle([off, gone]));
        Assert.Equal([gone], Dependencies.Settle([gone]));
    }

    [Fact]
    public void A_fan_that_stops_is_one_alarm_although_it_was_slow_on_its_way()
    {
        Finding slow = new(AlarmCatalogue.FanSlow, "fan3", "fan3 turns at 900 rpm."), stalled = new(AlarmCatalogue.FanStalled, "fan3", "fan3 does not turn.");
        var (book, raised) = (AlarmBook.Empty, new List<string>());
        for (var tenth = 0; tenth < 200; tenth++)
        {
            var step = AlarmBook.Step(book, tenth < 16 ? [slow] : [stalled], At(tenth / 10.0));
            book = step.Book;
            raised.AddRange(step.Changes.Select(c => c.Alarm.Code));
        }

        Assert.Equal([AlarmCatalogue.FanStalled], raised);
    }

    [Fact]
    public void What_a_new_alarm_explains_is_cleared_in_the_same_moment()
    {
        Finding slow = new(AlarmCatalogue.FanSlow, "fan3", "fan3 turns at 900 rpm."), stalled = new(AlarmCatalogue.FanStalled, "fan3", "fan3 does not turn.");
        var book = Play(AlarmBook.Empty, [.. Enumerable.Repeat<Finding[]>([slow, slow with { Target = "fan4" }], 60)]);
        Assert.Equal(2, book.Standing.Count);
        var step = AlarmBook.Step(book, Dependencies.Settle([stalled, slow, slow with { Target = "fan4" }]), At(60));
        Assert.Equal([(AlarmCatalogue.FanStalled, "fan3"), (AlarmCatalogue.FanSlow, "fan4")], step.Book.Standing.Select(a => (a.Code, a.Target)));

        // A cause that is too young to be an alarm explains nothing yet: somebody would find the box well that is not.
        Finding offset = new(BoardAlarms.ClockOffsetHigh, "clock", "300 µs off."), source = new(BoardAlarms.ClockNoSource, "clock", "No source.");
        book = Play(AlarmBook.Empty, [.. Enumerable.Repeat<Finding[]>([offset], 90)]);
        Assert.Single(AlarmBook.Step(book, [source], At(90)).Book.Standing);
    }

    [Fact]
    public void Nothing_found_for_long_enough_leaves_only_what_latches() => AnyStory.Sample(story =>
    {
        var book = Play(AlarmBook.Empty, story);
        book = AlarmBook.Step(book, [], At(story.Length)).Book;
        book = AlarmBook.Step(book, [], At(story.Length + 3600)).Book;
        return book.Standing.All(a => AlarmCatalogue.Get(a.Code).Latches);
    });

    [Fact]
    public void Everything_acknowledged_and_gone_leaves_nothing() => AnyStory.Sample(story =>
    {
        var book = Play(AlarmBook.Empty, story);
        foreach (var alarm in book.Standing)
            book = AlarmBook.Acknowledge(book, alarm.Code, alarm.Target).Book;
        book = AlarmBook.Step(book, [], At(story.Length)).Book;
        return AlarmBook.Step(book, [], At(story.Length + 3600)).Book.Standing.Count == 0;
    });

    [Fact]
    public void The_same_findings_again_change_nothing() => AnyFinding.Array[0, 6].Sample(findings =>
    {
        var book = AlarmBook.Empty;
        for (var minute = 0; minute <= 20; minute++)
            book = AlarmBook.Step(book, findings, At(60 * minute)).Book;
        return AlarmBook.Step(book, findings, At(1201)).Changes.IsEmpty;
    });

    [Fact]
    public void A_condition_shorter_than_its_delay_raises_nothing()
    {
        var book = AlarmBook.Step(AlarmBook.Empty, [Hot], At(0)).Book;
        book = AlarmBook.Step(book, [Hot], At(2.9)).Book;
        Assert.Empty(book.Standing);
        book = AlarmBook.Step(book, [], At(3.0)).Book;
        Assert.Empty(AlarmBook.Step(book, [Hot], At(3.1)).Changes);
    }

    [Fact]
    public void A_flickering_condition_is_one_alarm()
    {
        var book = AlarmBook.Empty;
        var raised = 0;
        for (var second = 0; second < 60; second++)
        {
            var step = AlarmBook.Step(book, second < 5 || second % 2 == 0 ? [Hot] : [], At(second));
            book = step.Book;
            raised += step.Changes.OfType<AlarmChange.Raised>().Count();
        }

        Assert.Equal(1, raised);
        Assert.Single(book.Standing);
    }

    [Fact]
    public void What_got_worse_asks_to_be_acknowledged_again()
    {
        var stalled = new Finding(AlarmCatalogue.FanStalled, "fan3", "fan3 does not turn.", Severity.Warning);
        var book = Play(AlarmBook.Empty, [[stalled], [stalled], [stalled]]);
        book = AlarmBook.Acknowledge(book, stalled.Code, "fan3").Book;
        Assert.True(Assert.Single(book.Standing).Acknowledged);

        var step = AlarmBook.Step(book, [stalled with { Severity = Severity.Critical }], At(4));

        var alarm = Assert.IsType<AlarmChange.Updated>(Assert.Single(step.Changes)).Alarm;
        Assert.Equal(Severity.Critical, alarm.Severity);
        Assert.False(alarm.Acknowledged);
    }

    [Fact]
    public void A_leak_that_dried_stands_until_a_person_has_seen_it()
    {
        var leak = new Finding(AlarmCatalogue.LeakConfirmed, "loop", "A leak sensor is wet.");
        var book = AlarmBook.Step(AlarmBook.Empty, [leak], At(0)).Book;
        book = AlarmBook.Step(book, [], At(1)).Book;
        book = AlarmBook.Step(book, [], At(7200)).Book;
        Assert.Single(book.Standing);

        book = AlarmBook.Acknowledge(book, AlarmCatalogue.LeakConfirmed, null).Book;
        Assert.Empty(AlarmBook.Step(book, [], At(7201)).Book.Standing);
    }

    [Fact]
    public void A_driver_that_explains_its_gpus_does_not_explain_itself()
    {
        var driver = new Finding(AlarmCatalogue.GpuUnreadable, "nvml", "The GPU driver cannot be asked.");
        var book = AlarmBook.Step(AlarmBook.Empty, [driver], At(0)).Book;
        for (var second = 1; second <= 5; second++) // flickering, it stands
            book = AlarmBook.Step(book, [], At(second)).Book;
        Assert.Single(book.Standing);
        Assert.Empty(AlarmBook.Step(book, [], At(6)).Book.Standing);
    }

    [Fact]
    public void Acknowledging_what_does_not_stand_changes_nothing() =>
        Assert.Empty(AlarmBook.Acknowledge(AlarmBook.Empty, AlarmCatalogue.FanStalled, "fan3").Changes);

    [Fact]
    public void A_code_that_is_not_in_the_catalogue_is_refused() =>
        Assert.Throws<ArgumentException>(() => AlarmBook.Step(AlarmBook.Empty, [new("fan_sad", "fan1", "The fan is sad.")], At(0)));

    private static Finding Hot { get; } = new(AlarmCatalogue.GpuThrottled, "gpu1", "GPU 1 throttles itself (hw_thermal_slowdown).");

    private static AlarmBook Play(AlarmBook book, Finding[][] story)
    {
        for (var second = 0; second < story.Length; second++)
            book = AlarmBook.Step(book, story[second], At(second)).Book;
        return book;
    }

    private static Moment At(double seconds) => new(TimeSpan.FromSeconds(seconds), Start.AddSeconds(seconds));
}
