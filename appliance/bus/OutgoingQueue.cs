namespace Appliance.Bus;

/// <summary>One message on its way out.</summary>
internal sealed record Outgoing(string Topic, ReadOnlyMemory<byte> Payload, bool Retain, int Qos);

/// <summary>
/// What waits for the network: bounded, one message per topic, the newest wins but keeps the place of the one it replaces, so that
/// a topic published often cannot starve the others. Adding never waits. Thread-safe.
/// </summary>
internal sealed class OutgoingQueue(int limit)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Outgoing> _order = new();
    private readonly Dictionary<string, LinkedListNode<Outgoing>> _byTopic = [];

    public int Count
    {
        get
        {
            lock (_gate)
                return _order.Count;
        }
    }

    public enum Added
    {
        Appended,
        Replaced,
        Full,
    }

    public Added Add(Outgoing message)
    {
        lock (_gate)
        {
            if (_byTopic.TryGetValue(message.Topic, out var waiting))
            {
                waiting.Value = message;
                return Added.Replaced;
            }

            if (_order.Count >= limit)
                return Added.Full;
            _byTopic[message.Topic] = _order.AddLast(message);
            return Added.Appended;
        }
    }

    /// <summary>For messages that must not replace each other (events): behind everything that waits.</summary>
    public Added AddEach(Outgoing message)
    {
        lock (_gate)
        {
            if (_order.Count >= limit)
                return Added.Full;
            _order.AddLast(message);
            return Added.Appended;
        }
    }

    public bool TryTake(out Outgoing message)
    {
        lock (_gate)
        {
            if (_order.First is not { } first)
            {
                message = null!;
                return false;
            }

            _order.RemoveFirst();
            message = first.Value;
            if (_byTopic.TryGetValue(message.Topic, out var node) && ReferenceEquals(node, first))
                _byTopic.Remove(message.Topic);
            return true;
        }
    }

    /// <summary>Puts a message that could not be sent back in front, unless a newer one for its topic already waits.</summary>
    public void GiveBack(Outgoing message)
    {
        lock (_gate)
        {
            if (!_byTopic.ContainsKey(message.Topic) && _order.Count < limit)
                _byTopic[message.Topic] = _order.AddFirst(message);
        }
    }
}
