using System.Text.Json;
using Appliance.Bus;
using Appliance.Model;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FastTests.Bus;

public class OutboxStoreTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static OutboxStore Open(TemporaryDirectory directory, EventOutboxOptions? options = null) =>
        OutboxStore.Open(directory.Path, new FakeTimeProvider(Noon), options ?? new());

    private static BoxEvent Event(string text) => new(0, 0, "test", null, null, Severity.Information, text, Noon);

    private static BoxEvent? Read(OutboxStore store, long seq) =>
        store.Payload(seq) is { } payload ? JsonSerializer.Deserialize(payload, ModelJson.Default.BoxEvent) : null;

    [Fact]
    public void Whatever_is_appended_acknowledged_and_reopened_the_numbers_have_no_gap_and_nothing_unacknowledged_is_missing()
    {
        // A step: 0..2 append that many + 1, 3 acknowledge half of what waits, 4 reopen, 5 reopen after a torn write.
        Gen.Int[0, 5].List[1, 30].Sample(
            steps =>
            {
                using var directory = new TemporaryDirectory();
                var options = new EventOutboxOptions { CompactAboveBytes = 600 };
                var store = Open(directory, options);
                var epoch = store.Epoch;
                var all = new List<string>();
                var acked = 0;
                foreach (var step in steps)
                {
                    if (step < 3)
                    {
                        var batch = Enumerable.Range(all.Count, step + 1).Select(n => $"event {n}").ToArray();
                        Assert.Equal(batch.Length, store.Append([.. batch.Select(Event)]));
                        all.AddRange(batch);
                    }
                    else if (step == 3)
                    {
                        acked += (all.Count - acked + 1) / 2;
                        store.Ack(acked);
                    }
                    else
                    {
                        store.Dispose();
                        if (step == 5)
                            File.AppendAllText(directory.File("events"), "0123abcd E {\"epoch\":");
                        store = Open(directory, options);
                    }

                    Assert.Equal((epoch, all.Count, acked), (store.Epoch, store.LastSeq, store.AckedSeq));
                    for (var seq = acked + 1; seq <= all.Count; seq++)
                        Assert.Equal((epoch, seq, all[seq - 1]), (Read(store, seq)!.Epoch, Read(store, seq)!.Seq, Read(store, seq)!.Text));
                    Assert.Null(Read(store, acked));
                }

                store.Dispose();
            },
            iter: 60);
    }

    [Fact]
    public void An_acknowledged_outbox_shrinks_and_goes_on_counting()
    {
        using var directory = new TemporaryDirectory();
        var options = new EventOutboxOptions { CompactAboveBytes = 1000 };
        using var store = Open(directory, options);
        for (var n = 1; n <= 50; n++)
        {
            store.Append([Event($"event {n}")]);
            store.Ack(n);
        }

        Assert.True(new FileInfo(directory.File("events")).Length < 2000);
        store.Append([Event("next")]);
        Assert.Equal(51, store.LastSeq);
    }

    [Fact]
    public void A_full_outbox_refuses_counts_durably_and_keeps_its_numbers_gap_free()
    {
        using var directory = new TemporaryDirectory();
        var options = new EventOutboxOptions { DiskLimitBytes = 1000 };
        var store = Open(directory, options);
        var kept = Enumerable.Range(0, 100).Sum(n => store.Append([Event($"event {n}")]));
        Assert.InRange(kept, 2, 20);
        Assert.Equal(kept, store.LastSeq);
        Assert.Equal(100 - kept, store.Refused);
        store.Dispose();

        store = Open(directory, options);
        Assert.InRange(store.Refused, (100 - kept) / 2, 100 - kept);
        store.Ack(store.LastSeq);
        Assert.False(store.IsFull);
        Assert.Equal(1, store.Append([Event("fits again")]));
        Assert.Equal(kept + 1, store.LastSeq);
        store.Dispose();
    }

    [Fact]
    public void After_the_loss_of_all_state_the_epoch_is_above_the_old_one()
    {
        using var directory = new TemporaryDirectory();
        long old;
        using (var store = Open(directory))
            old = store.Epoch;
        File.Delete(directory.File("events"));
        using var fresh = OutboxStore.Open(directory.Path, new FakeTimeProvider(Noon.AddSeconds(1)), new());
        Assert.True(fresh.Epoch > old);
        Assert.Equal(0, fresh.LastSeq);
    }

    [Fact]
    public void A_reader_ahead_of_us_makes_what_is_left_go_on_under_a_new_epoch()
    {
        using var directory = new TemporaryDirectory();
        using var store = Open(directory);
        store.Append([Event("a"), Event("b"), Event("c")]);
        store.Ack(1);
        var old = store.Epoch;
        store.StartNewEpoch();
        Assert.True(store.Epoch > old);
        Assert.Equal((2L, 0L), (store.LastSeq, store.AckedSeq));
        Assert.Equal("b", Read(store, 1)!.Text);
        Assert.Equal((store.Epoch, 2L, "c"), (Read(store, 2)!.Epoch, Read(store, 2)!.Seq, Read(store, 2)!.Text));
    }

    [Fact]
    public void An_acknowledgement_that_is_not_json_is_ignored()
    {
        Assert.Null(EventOutbox.DecodeAck("{\"epoch\":"u8));
        Assert.Equal(new EventAck(7, 9), EventOutbox.DecodeAck("{\"epoch\":7,\"seq\":9}"u8));
    }
}
