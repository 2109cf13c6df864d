using Appliance.Model;

namespace BmcAgent;

/// <summary>
/// Every node heard of, and the fold of its messages. The bus' thread writes, the panel's threads read immutable views.
/// What an earlier life of ours or an earlier connection knew must be confirmed after each connect: see <see cref="Sweep"/>.
/// </summary>
internal sealed class NodeBook(TimeProvider time)
{
    /// <summary>Nodes on one bus; further names are ignored.</summary>
    public const int NodeLimit = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _nodes = [];
    private TaskCompletionSource _changed = NewSignal();
    private long _version;
    private int _generation;

    private sealed class Entry(NodeView view)
    {
        public NodeView View { get; set; } = view;

        public History History { get; } = new();

        public int StateGeneration { get; set; }

        public Dictionary<(string Code, string Target), int> AlarmGenerations { get; } = [];
    }

    /// <summary>Grows with every change.</summary>
    public long Version
    {
        get
        {
            lock (_gate)
                return _version;
        }
    }

    /// <summary>Completes at the next change.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate)
                return _changed.Task;
        }
    }

    public IReadOnlyList<NodeView> All()
    {
        lock (_gate)
            return [.. _nodes.Values.Select(n => n.View).OrderBy(v => v.Snapshot.Node, StringComparer.Ordinal)];
    }

    public NodeView? Find(string node)
    {
        lock (_gate)
            return _nodes.GetValueOrDefault(node)?.View;
    }

    public HistorySample[] HistoryOf(string node)
    {
        lock (_gate)
            return _nodes.GetValueOrDefault(node)?.History.All() ?? [];
    }

    /// <summary>Views of an earlier life, before the bus runs.</summary>
    public void Remember(IEnumerable<NodeView> views)
    {
        lock (_gate)
        {
            foreach (var view in views.Take(NodeLimit))
            {
                var entry = new Entry(view) { StateGeneration = -1 };
                foreach (var alarm in view.Snapshot.Alarms)
                    entry.AlarmGenerations[(alarm.Code, alarm.Target)] = -1;
                _nodes[view.Snapshot.Node] = entry;
            }
        }
    }

    /// <summary>Folds one message.</summary>
    /// <returns>The node's state word before and after, when the message changed it; null otherwise.</returns>
    /// <exception cref="System.Text.Json.JsonException">The payload is not what its topic promises.</exception>
    public StateChange? Fold(string topic, ReadOnlySpan<byte> payload)
    {
        if (SplitTopic(topic) is not var (node, below))
            return null;
        lock (_gate)
        {
            if (!_nodes.TryGetValue(node, out var entry))
            {
                if (_nodes.Count >= NodeLimit || payload.IsEmpty)
                    return null;
                entry = new Entry(new NodeView(new Snapshot { Node = node }, null, null));
            }

            var now = time.GetUtcNow();
            var before = entry.View;
            var after = SnapshotFold.Apply(before.Snapshot, below, payload, now);
            _nodes.TryAdd(node, entry); // only after its first message was understood
            Confirm(entry, below);
            var change = before.Snapshot.State?.State != after.State?.State
                ? new StateChange(node, before.Snapshot.State?.State, after.State?.State)
                : null;
            entry.View = new NodeView(after, now, change is null ? before.StateSince : now);
            if (below == "frame/thermal")
                entry.History.Add(after);
            Bump();
            return change;
        }
    }

    /// <summary>A new connection: what the broker does not repeat on it will be called gone by the next <see cref="Sweep"/>.</summary>
    public void BeginGeneration()
    {
        lock (_gate)
            _generation++;
    }

    /// <summary>
    /// Some seconds after a connect: alarms the broker did not repeat are over (they were cleared while we were away), and a node
    /// whose state it did not repeat is lost.
    /// </summary>
    public IReadOnlyList<StateChange> Sweep()
    {
        var lost = new List<StateChange>();
        lock (_gate)
        {
            foreach (var (node, entry) in _nodes)
            {
                var snapshot = entry.View.Snapshot;
                foreach (var alarm in snapshot.Alarms)
                {
                    if (entry.AlarmGenerations.GetValueOrDefault((alarm.Code, alarm.Target), -1) < _generation)
                        snapshot = snapshot.WithoutAlarm(alarm.Code, alarm.Target);
                }

                entry.View = entry.View with { Snapshot = snapshot };
                if (entry.StateGeneration >= _generation || entry.View.IsLost || snapshot.State is not { } state)
                    continue;
                var now = time.GetUtcNow();
                entry.View = entry.View with { Snapshot = snapshot with { State = state with { State = "lost", Ts = now } }, StateSince = now };
                lost.Add(new StateChange(node, state.State, "lost"));
            }

            Bump();
        }

        return lost;
    }

    /// <summary>Node and the rest of <c>appliance/v1/&lt;node&gt;/…</c>; null for any other topic.</summary>
    internal static (string Node, string Below)? SplitTopic(string topic)
    {
        const string prefix = BusTopics.Root + "/";
        if (!topic.StartsWith(prefix, StringComparison.Ordinal))
            return null;
        var slash = topic.IndexOf('/', prefix.Length);
        return slash <= prefix.Length || slash == topic.Length - 1 || slash - prefix.Length > 64
            ? null
            : (topic[prefix.Length..slash], topic[(slash + 1)..]);
    }

    private void Confirm(Entry entry, string below)
    {
        if (below == "$state")
            entry.StateGeneration = _generation;
        else if (SnapshotFold.AlarmKey(below) is { } key)
            entry.AlarmGenerations[key] = _generation;
        if (entry.AlarmGenerations.Count > SnapshotFold.AlarmLimit * 4)
        {
            foreach (var old in entry.AlarmGenerations.Keys.Except(entry.View.Snapshot.Alarms.Select(a => (a.Code, a.Target))).ToArray())
                entry.AlarmGenerations.Remove(old);
        }
    }

    private void Bump()
    {
        _version++;
        var signal = _changed;
        _changed = NewSignal();
        signal.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
