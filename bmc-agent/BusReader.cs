using System.Text.Json;
using System.Threading.Channels;
using Appliance.Bus;
using Appliance.Model;

namespace BmcAgent;

/// <summary>
/// A normal client of the bus, whoever's broker it is: folds every node's messages into the book, and takes events into the log. An event
/// is acknowledged on <c>ack/event</c> only after the log's fsync.
/// </summary>
internal sealed class BusReader
{
    /// <summary>After a connect the broker has this long to repeat what it retains, and the nodes to come back.</summary>
    private static readonly TimeSpan ConfirmWithin = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan RetryDisk = TimeSpan.FromSeconds(2);

    private readonly BusSession _session;
    private readonly NodeBook _book;
    private readonly EventLog _events;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly bool _ownBroker;
    private readonly Channel<EventArrival> _arrivals =
        Channel.CreateBounded<EventArrival>(new BoundedChannelOptions(10_000) { SingleReader = true });

    private long _connectedAt;
    private long _faultsLogged;

    /// <param name="ownBroker">The broker lives and dies with us, so that we speak for the nodes it has lost.</param>
    public BusReader(BusSession session, NodeBook book, EventLog events, bool ownBroker, TimeProvider time, ILogger log)
    {
        _session = session;
        _book = book;
        _events = events;
        _ownBroker = ownBroker;
        _time = time;
        _log = log;
        session.Subscribe($"{BusTopics.Root}/+/$state", Fold);
        session.Subscribe($"{BusTopics.Root}/+/frame/#", Fold);
        session.Subscribe($"{BusTopics.Root}/+/alarm/#", Fold);
        session.Subscribe($"{BusTopics.Root}/+/event", TakeEvent);
        session.Connecting += book.BeginGeneration;
        session.Connected += () => Volatile.Write(ref _connectedAt, time.GetTimestamp());
    }

    /// <summary>Raised on the bus' thread for each thermal frame: node and tick.</summary>
    public event Action<string, long>? Ticked;

    /// <summary>Queues an event of our own; never waits. Dropped only when thousands wait for a broken disk.</summary>
    public void Post(string node, string kind, Severity severity, string text, string? target = null) =>
        _arrivals.Writer.TryWrite(EventArrival.OfOurs(node, kind, severity, text, _time.GetUtcNow(), target));

    /// <summary>Events into the log until cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var sweeping = SweepAsync(stop);
        var batch = new List<EventArrival>();
        var broken = false;
        try
        {
            while (await _arrivals.Reader.WaitToReadAsync(stop))
            {
                while (batch.Count < 1000 && _arrivals.Reader.TryRead(out var arrival))
                    batch.Add(arrival);
                try
                {
                    Write(batch);
                    if (broken)
                        _log.EventLogWorks();
                    broken = false;
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    if (!broken)
                        _log.EventLogFails(e.Message);
                    broken = true;
                    // What came over the bus comes again, because it was not acknowledged; our own is only here.
                    batch.RemoveAll(a => !a.IsOwn);
                    await Task.Delay(RetryDisk, _time, stop);
                    continue;
                }

                batch.Clear();
            }
        }
        catch (OperationCanceledException)
        {
            batch.RemoveAll(a => !a.IsOwn);
            while (_arrivals.Reader.TryRead(out var arrival))
                batch.Add(arrival);
            if (batch.Count > 0 && !broken)
                Write(batch);
        }

        await sweeping;
    }

    private void Write(List<EventArrival> batch)
    {
        _events.Append(batch, _time.GetUtcNow());
        foreach (var (node, epoch) in batch.Where(a => !a.IsOwn).Select(a => (a.Node, a.Epoch)).Distinct())
        {
            _session.Publish(
                new BusTopics(node).EventAck, new EventAck(epoch, _events.LastKnown(node, epoch)), ModelJson.Default.EventAck, qos: 1);
        }
    }

    private void Fold(string topic, ReadOnlyMemory<byte> payload)
    {
        try
        {
            if (_book.Fold(topic, payload.Span) is { } change)
                Tell(change);
        }
        catch (JsonException e)
        {
            // One line per kind of trouble is enough; the count is in the session's counters.
            if (Interlocked.Increment(ref _faultsLogged) <= 10)
                _log.BadMessage($"{topic}: {e.Message}");
            throw;
        }

        if (topic.EndsWith("/frame/thermal", StringComparison.Ordinal)
            && NodeBook.SplitTopic(topic) is var (node, _)
            && _book.Find(node)?.Snapshot.Thermal is { } thermal)
            Ticked?.Invoke(node, thermal.Tick);
    }

    private void TakeEvent(string topic, ReadOnlyMemory<byte> payload)
    {
        if (NodeBook.SplitTopic(topic) is not var (node, _)
            || JsonSerializer.Deserialize(payload.Span, ModelJson.Default.BoxEvent) is not { Kind: not null, Text: not null } happened)
            return;
        // A full channel drops it unacknowledged: it comes again.
        _arrivals.Writer.TryWrite(EventArrival.OfBus(node, happened));
    }

    private void Tell(StateChange change)
    {
        _log.NodeState(change.Node, change.After ?? "unknown", change.Before ?? "unknown");
        if (change.After == "lost")
            Post(change.Node, "node_lost", Severity.Critical, $"{change.Node} is lost: its connection to the bus broke without a goodbye.", change.Node);
        else if (change.Before == "lost")
            Post(change.Node, "node_back", Severity.Information, $"{change.Node} is back: {change.After ?? "unknown"}.", change.Node);
    }

    private async Task SweepAsync(CancellationToken stop)
    {
        long swept = 0;
        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), _time, stop);
                var connectedAt = Volatile.Read(ref _connectedAt);
                if (connectedAt == swept || !_session.IsConnected || _time.GetElapsedTime(connectedAt) < ConfirmWithin)
                    continue;
                swept = connectedAt;
                foreach (var change in _book.Sweep())
                {
                    Tell(change);
                    // Nobody else can say so to late comers: the broker that held the will is gone with our last life.
                    if (_ownBroker && _book.Find(change.Node)?.Snapshot.State is { } state)
                        _session.Publish(new BusTopics(change.Node).State, state, ModelJson.Default.NodeState, retain: true, qos: 1);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }
}
