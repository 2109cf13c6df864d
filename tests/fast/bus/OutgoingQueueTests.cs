using Appliance.Bus;
using CsCheck;
using Xunit;

namespace FastTests.Bus;

public class OutgoingQueueTests
{
    private static Outgoing Message(int topic, int value) => new($"t{topic}", new[] { (byte)value }, Retain: false, Qos: 0);

    [Fact]
    public void The_newest_of_each_topic_leaves_in_the_order_the_topics_came() =>
        Gen.Int[0, 5].List[0, 40].Sample(topics =>
        {
            var queue = new OutgoingQueue(100);
            foreach (var (value, topic) in topics.Index())
                queue.Add(Message(topic, value));
            var taken = new List<Outgoing>();
            while (queue.TryTake(out var message))
                taken.Add(message);
            var expected = topics.Distinct().Select(topic => ($"t{topic}", (byte)topics.LastIndexOf(topic)));
            return taken.Select(m => (m.Topic, m.Payload.Span[0])).SequenceEqual(expected);
        });

    [Fact]
    public void A_full_queue_refuses_a_new_topic_and_still_takes_a_newer_value()
    {
        var queue = new OutgoingQueue(2);
        Assert.Equal(OutgoingQueue.Added.Appended, queue.Add(Message(1, 1)));
        Assert.Equal(OutgoingQueue.Added.Appended, queue.Add(Message(2, 1)));
        Assert.Equal(OutgoingQueue.Added.Full, queue.Add(Message(3, 1)));
        Assert.Equal(OutgoingQueue.Added.Replaced, queue.Add(Message(1, 2)));
        Assert.Equal(OutgoingQueue.Added.Full, queue.AddEach(Message(1, 3)));
    }

    [Fact]
    public void A_message_that_failed_to_leave_goes_first_unless_a_newer_one_waits()
    {
        var queue = new OutgoingQueue(10);
        queue.Add(Message(1, 1));
        queue.Add(Message(2, 1));
        queue.TryTake(out var first);
        queue.GiveBack(first);
        Assert.True(queue.TryTake(out var again) && again == first);

        queue.Add(Message(1, 2));
        queue.GiveBack(again);
        Assert.Equal(2, queue.Count);
        queue.TryTake(out _);
        Assert.True(queue.TryTake(out var newest) && newest.Payload.Span[0] == 2);
    }

    [Fact]
    public void Messages_added_each_do_not_replace_each_other()
    {
        var queue = new OutgoingQueue(10);
        for (var n = 0; n < 3; n++)
            queue.AddEach(Message(1, n));
        for (var n = 0; n < 3; n++)
            Assert.True(queue.TryTake(out var message) && message.Payload.Span[0] == n);
        Assert.False(queue.TryTake(out _));
    }
}
