namespace BmcAgent;

/// <summary>
/// How far each node's events are known, by epoch: what is new, what was seen, where something is missing. A gap is first held
/// back (the sender repeats everything unacknowledged and so fills it); the same event seen again in front of the same gap means that
/// the sender has no more to give, and the gap is accepted and said. Not thread-safe.
/// </summary>
internal sealed class EventCursors
{
    /// <summary>Epochs remembered per node; older ones are done with.</summary>
    public const int EpochLimit = 8;

    private readonly Dictionary<(string Node, long Epoch), long> _known = [];
    private readonly Dictionary<(string Node, long Epoch), long> _heldAt = [];

    public enum Verdict
    {
        New,
        Duplicate,

        /// <summary>Something before it is missing; wait for the repetition.</summary>
        Held,

        /// <summary>Something before it is missing for good.</summary>
        NewAfterGap,
    }

    public EventCursors()
    {
    }

    public EventCursors(IEnumerable<EventCursor> known)
    {
        foreach (var cursor in known)
            _known[(cursor.Node, cursor.Epoch)] = cursor.Seq;
    }

    public IReadOnlyList<EventCursor> All => [.. _known.Select(k => new EventCursor(k.Key.Node, k.Key.Epoch, k.Value))];

    /// <summary>Last number known of a node's epoch; 0 when none is.</summary>
    public long Last(string node, long epoch) => _known.GetValueOrDefault((node, epoch));

    /// <summary>Judges an event and, unless it is held back or known, counts it as known.</summary>
    public Verdict Take(string node, long epoch, long seq)
    {
        var key = (node, epoch);
        if (!_known.TryGetValue(key, out var last))
        {
            // The first we hear of this epoch: whatever came before was acknowledged by an earlier log or is none of ours.
            Advance(key, seq);
            return Verdict.New;
        }

        if (seq <= last)
            return Verdict.Duplicate;
        if (seq == last + 1)
        {
            Advance(key, seq);
            return Verdict.New;
        }

        if (_heldAt.TryGetValue(key, out var held) && held == seq)
        {
            Advance(key, seq);
            return Verdict.NewAfterGap;
        }

        _heldAt.TryAdd(key, seq);
        return Verdict.Held;
    }

    public EventCursors Clone()
    {
        var clone = new EventCursors(All);
        foreach (var (key, seq) in _heldAt)
            clone._heldAt[key] = seq;
        return clone;
    }

    private void Advance((string Node, long Epoch) key, long seq)
    {
        _known[key] = seq;
        _heldAt.Remove(key);
        var epochs = _known.Keys.Where(k => k.Node == key.Node).Select(k => k.Epoch).Order().ToArray();
        // Epoch 0 is our own and stays.
        foreach (var old in epochs.Where(e => e != 0 && e != key.Epoch).SkipLast(EpochLimit - 1))
            _known.Remove((key.Node, old));
    }
}
