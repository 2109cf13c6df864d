namespace Appliance.Bus;

/// <summary>
/// What this session holds as retained, by topic: published again after every reconnect, because a broker that lost its memory
/// (the embedded one keeps none) would otherwise show nothing until the next change. An empty payload removes. Thread-safe.
/// </summary>
internal sealed class RetainedTable(int limit)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Outgoing> _held = [];

    /// <returns>False when the table is full and the topic is new to it: it is sent, but not repeated.</returns>
    public bool Set(Outgoing message)
    {
        lock (_gate)
        {
            if (message.Payload.IsEmpty)
            {
                _held.Remove(message.Topic);
                return true;
            }

            if (_held.Count >= limit && !_held.ContainsKey(message.Topic))
                return false;
            _held[message.Topic] = message;
            return true;
        }
    }

    public Outgoing[] All()
    {
        lock (_gate)
            return [.. _held.Values];
    }

    /// <summary>What the topic should hold by our lights, where a broker shows <paramref name="seen"/>; null when it is right.</summary>
    public Outgoing? Correction(string topic, ReadOnlySpan<byte> seen)
    {
        lock (_gate)
        {
            if (!_held.TryGetValue(topic, out var ours))
                return seen.IsEmpty ? null : new Outgoing(topic, ReadOnlyMemory<byte>.Empty, Retain: true, Qos: 1);
            return seen.SequenceEqual(ours.Payload.Span) ? null : ours;
        }
    }
}
