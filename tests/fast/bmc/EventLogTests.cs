using Appliance.Model;
using BmcAgent;
using CsCheck;
using FastTests.Bus;

namespace FastTests.Bmc;

public sealed class EventLogTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static EventArrival Arrival(long seq, long epoch = 7, string kind = "test", Severity severity = Severity.Information) =>
        new("box1", false, epoch, seq, kind, null, "fan3", severity, $"Event {seq}.", Noon);

    private static long[] Seqs(EventLog log, EventQuery? query = null) =>
        [.. log.Page(query ?? new EventQuery { Limit = 1000 }).Events.Where(e => e.Source == EventLog.BusSource).Select(e => e.Seq).Reverse()];

    [Fact]
    public void Whatever_is_repeated_or_torn_each_event_is_kept_once_and_in_order()
    {
        // The sender repeats from its last acknowledgement at any time; the log is closed and reopened, sometimes after a torn write.
        Gen.Select(Gen.Int[1, 6], Gen.Int[0, 3]).List[1, 25].Sample(
            steps =>
            {
                using var directory = new TemporaryDirectory();
                var log = EventLog.Open(directory.Path, 1_000_000);
                long next = 1;
                foreach (var (count, what) in steps)
                {
                    var from = what == 1 ? Math.Max(1, next - count) : next; // 1: a replay
                    log.Append([.. Enumerable.Range((int)from, count).Select(seq => Arrival(seq))], Noon);
                    next = Math.Max(next, from + count);
                    if (what >= 2)
                    {
                        log.Dispose();
                        if (what == 3)
                            File.AppendAllText(Directory.GetFiles(directory.Path).Max()!, "deadbeef E {\"id\":");
                        log = EventLog.Open(directory.Path, 1_000_000);
                    }

                    Assert.Equal(next - 1, log.LastKnown("box1", 7));
                }

                Assert.Equal(Enumerable.Range(1, (int)next - 1).Select(n => (long)n), Seqs(log));
                log.Dispose();
            },
            iter: 60);
    }

    [Fact]
    public void A_gap_waits_for_its_repetition_and_is_said_when_it_is_for_good()
    {
        using var directory = new TemporaryDirectory();
        using var log = EventLog.Open(directory.Path, 1000);
        log.Append([Arrival(1), Arrival(4), Arrival(5)], Noon);
        Assert.Equal([1L], Seqs(log));
        log.Append([Arrival(2), Arrival(3), Arrival(4), Arrival(5)], Noon);
        Assert.Equal([1L, 2, 3, 4, 5], Seqs(log));

        log.Append([Arrival(9), Arrival(10)], Noon);
        log.Append([Arrival(9), Arrival(10)], Noon);
        Assert.Equal([1L, 2, 3, 4, 5, 9, 10], Seqs(log));
        var said = Assert.Single(log.Page(new EventQuery { Kind = "events_missing" }).Events);
        Assert.Contains("6 to 8", said.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_limit_takes_the_oldest_and_what_is_known_stays_known()
    {
        using var directory = new TemporaryDirectory();
        var log = EventLog.Open(directory.Path, 100);
        for (var n = 1; n <= 1000; n++)
            log.Append([Arrival(n)], Noon);
        var kept = Seqs(log);
        Assert.InRange(kept.Length, 80, 100);
        Assert.Equal(1000, kept[^1]);
        Assert.True(Directory.GetFiles(directory.Path).Length <= 9);
        log.Dispose();

        log = EventLog.Open(directory.Path, 100);
        log.Append([Arrival(999), Arrival(1000), Arrival(1001)], Noon);
        Assert.Equal(1001, Seqs(log)[^1]);
        Assert.Equal(1001, log.LastId);
        log.Dispose();
    }

    [Fact]
    public void A_segment_that_was_begun_and_not_headed_is_no_loss_of_memory()
    {
        using var directory = new TemporaryDirectory();
        using (var log = EventLog.Open(directory.Path, 100))
            log.Append([Arrival(1), Arrival(2)], Noon);
        File.WriteAllText(directory.File("000000000003.log"), "");
        using var again = EventLog.Open(directory.Path, 100);
        again.Append([Arrival(2), Arrival(3)], Noon);
        Assert.Equal([1L, 2, 3], Seqs(again));
    }

    [Fact]
    public void Pages_follow_each_other_to_the_first_event_without_loss_or_repetition()
    {
        using var directory = new TemporaryDirectory();
        using var log = EventLog.Open(directory.Path, 8000);
        for (var n = 0; n < 30; n++)
            log.Append([.. Enumerable.Range((n * 100) + 1, 100).Select(seq => Arrival(seq))], Noon);
        var seen = new List<long>();
        long? before = null;
        do
        {
            var page = log.Page(new EventQuery { Limit = 333, Before = before });
            seen.AddRange(page.Events.Select(e => e.Id));
            before = page.NextBefore;
        }
        while (before is not null);
        Assert.Equal(Enumerable.Range(1, 3000).Select(n => (long)n).Reverse(), seen);
        Assert.Equal([3000L, 2999], log.Page(new EventQuery { After = 2998 }).Events.Select(e => e.Id));
    }

    [Fact]
    public void A_filter_keeps_what_is_asked_for()
    {
        using var directory = new TemporaryDirectory();
        using var log = EventLog.Open(directory.Path, 1000);
        log.Append([Arrival(1), Arrival(2, severity: Severity.Warning), Arrival(3, kind: "alarm_raised", severity: Severity.Critical)], Noon);
        Assert.Equal([2L, 3], Seqs(log, new EventQuery { Severity = Severity.Warning }));
        Assert.Equal([3L], Seqs(log, new EventQuery { Kind = "alarm_raised" }));
        Assert.Equal([2L], Seqs(log, new EventQuery { Text = "EVENT 2" }));
        Assert.Empty(Seqs(log, new EventQuery { Node = "box2" }));
    }

    [Fact]
    public void Our_own_events_are_numbered_without_gaps_beside_those_of_the_bus()
    {
        using var directory = new TemporaryDirectory();
        using (var log = EventLog.Open(directory.Path, 1000))
            log.Append([EventArrival.OfOurs("box1", "node_lost", Severity.Critical, "Lost.", Noon), Arrival(1)], Noon);
        using var again = EventLog.Open(directory.Path, 1000);
        again.Append([EventArrival.OfOurs("box1", "node_back", Severity.Information, "Back.", Noon)], Noon);
        Assert.Equal([(2L, 0L), (1L, 7L), (1L, 0L)], again.Page(new EventQuery()).Events.Select(e => (e.Seq, e.Epoch)));
    }

    [Fact]
    public void Only_the_last_epochs_of_a_node_are_remembered()
    {
        var cursors = new EventCursors();
        for (var epoch = 1; epoch <= 20; epoch++)
            cursors.Take("box1", epoch, 5);
        Assert.Equal(EventCursors.EpochLimit, cursors.All.Count);
        Assert.Equal(5, cursors.Last("box1", 20));
        Assert.Equal(0, cursors.Last("box1", 1));
    }
}
