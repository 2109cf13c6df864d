namespace InferenceCore.Scheduling;

/// <summary>
/// Sequences that wait for a place. Clients take turns, and each client's own requests keep their order: one that sends a hundred at once
/// delays itself and nobody else. Who had a place before goes ahead of all who had none.
/// </summary>
internal sealed class WaitingLine
{
    private readonly LinkedList<Sequence> _returning = [];
    private readonly LinkedList<(string Client, LinkedList<Sequence> Sequences)> _clients = [];

    public int Count { get; private set; }

    public IEnumerable<Sequence> All => _returning.Concat(_clients.SelectMany(c => c.Sequences));

    public void Add(Sequence sequence)
    {
        Count++;
        LineOf(sequence.Request.Client).AddLast(sequence);
    }

    /// <summary>Puts back one that had a place and gave way: it is next.</summary>
    public void AddFirst(Sequence sequence)
    {
        Count++;
        _returning.AddFirst(sequence);
    }

    /// <summary>Puts back one that had a place in a worker that is gone: behind others like it.</summary>
    public void AddReturning(Sequence sequence)
    {
        Count++;
        _returning.AddLast(sequence);
    }

    /// <summary>Who is next; null when nobody waits.</summary>
    public Sequence? Peek() => _returning.First?.Value ?? _clients.First?.Value.Sequences.First?.Value;

    /// <summary>Takes out who is next; its client goes to the end of the line.</summary>
    public void Take()
    {
        if (Count == 0)
            throw new InvalidOperationException("Nobody waits.");
        Count--;
        if (_returning.Count > 0)
        {
            _returning.RemoveFirst();
            return;
        }
        var node = _clients.First!;
        _clients.Remove(node);
        node.Value.Sequences.RemoveFirst();
        if (node.Value.Sequences.Count > 0)
            _clients.AddLast(node);
    }

    /// <summary>Takes out the one with this id; null when it is not here.</summary>
    public Sequence? Remove(long id)
    {
        if (All.FirstOrDefault(s => s.Request.Id == id) is not { } sequence)
            return null;
        Count--;
        if (_returning.Remove(sequence))
            return sequence;
        var client = _clients.First(c => c.Sequences.Remove(sequence));
        if (client.Sequences.Count == 0)
            _clients.Remove(client);
        return sequence;
    }

    private LinkedList<Sequence> LineOf(string client)
    {
        foreach (var waiting in _clients)
        {
            if (waiting.Client == client)
                return waiting.Sequences;
        }
        var line = new LinkedList<Sequence>();
        _clients.AddLast((client, line));
        return line;
    }
}
