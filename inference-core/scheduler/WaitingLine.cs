namespace InferenceCore.Scheduling;

/// <summary>
/// Sequences that wait for a place. Clients take turns, and each client's own requests keep their order: one that sends a hundred at once
/// delays itself and nobody else.
/// </summary>
internal sealed class WaitingLine
{
    private readonly LinkedList<(string Client, LinkedList<Sequence> Sequences)> _clients = [];

    public int Count { get; private set; }

    public IEnumerable<Sequence> All => _clients.SelectMany(c => c.Sequences);

    public void Add(Sequence sequence) => LineOf(sequence.Request.Client).AddLast(sequence);

    /// <summary>Puts back one that had a place: it is next.</summary>
    public void AddFirst(Sequence sequence)
    {
        var line = LineOf(sequence.Request.Client);
        line.AddFirst(sequence);
        for (var node = _clients.First; node is not null; node = node.Next)
        {
            if (node.Value.Sequences != line)
                continue;
            _clients.Remove(node);
            _clients.AddFirst(node);
            return;
        }
    }

    /// <summary>Who is next; null when nobody waits.</summary>
    public Sequence? Peek() => _clients.First?.Value.Sequences.First?.Value;

    /// <summary>Takes out who is next; its client goes to the end of the line.</summary>
    public void Take()
    {
        var node = _clients.First ?? throw new InvalidOperationException("Nobody waits.");
        _clients.Remove(node);
        node.Value.Sequences.RemoveFirst();
        Count--;
        if (node.Value.Sequences.Count > 0)
            _clients.AddLast(node);
    }

    public List<Sequence> RemoveWhere(Func<Sequence, bool> predicate)
    {
        var removed = All.Where(predicate).ToList();
        foreach (var sequence in removed)
        {
            var client = _clients.First(c => c.Sequences.Contains(sequence));
            client.Sequences.Remove(sequence);
            if (client.Sequences.Count == 0)
                _clients.Remove(client);
        }
        Count -= removed.Count;
        return removed;
    }

    private LinkedList<Sequence> LineOf(string client)
    {
        Count++;
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
