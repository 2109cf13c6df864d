using System.Text.Json;
using System.Threading.Channels;
using Appliance.Model;

namespace Appliance.Bus;

/// <summary>
/// Events on their way to the bmc-agent: numbered and synced to disk first, then sent, and sent again after every reconnect and
/// restart until the reader says on <c>ack/event</c> that its own disk has them. A broker's PUBACK proves nothing of the kind.
/// <see cref="Post"/> never waits; the disk and the network are <see cref="RunAsync"/>'s.
/// </summary>
public sealed class EventOutbox : IDisposable
{
    private readonly OutboxStore _store;
    private readonly TimeProvider _time;
    private readonly EventOutboxOptions _options;
    private readonly Channel<BoxEvent> _posted;
    private readonly SemaphoreSlim _work = new(0, 1);
    private readonly Lock _gate = new();
    private BusSession? _bus;
    private BusTopics? _topics;
    private long _sent;
    private long _progressAt;
    private long _refusedPosts;
    private EventAck? _heard;
    private bool _rewind;
    private volatile string? _diskError;

    private EventOutbox(OutboxStore store, TimeProvider time, EventOutboxOptions options)
    {
        _store = store;
        _time = time;
        _options = options;
        _posted = Channel.CreateBounded<BoxEvent>(new BoundedChannelOptions(options.PostLimit) { SingleReader = true });
        _sent = store.AckedSeq;
        _progressAt = time.GetTimestamp();
    }

    public OutboxStatus Status
    {
        get
        {
            lock (_gate)
                return new(_store.Epoch, _store.LastSeq, _store.AckedSeq, _store.Refused + Interlocked.Read(ref _refusedPosts), _diskError);
        }
    }

    /// <summary>Opens or makes the outbox below <paramref name="directory"/>. A torn last record is dropped; damage is told as an event.</summary>
    public static EventOutbox Open(string directory, TimeProvider time, EventOutboxOptions? options = null)
    {
        options ??= new();
        var outbox = new EventOutbox(OutboxStore.Open(directory, time, options), time, options);
        if (outbox._store.DamagedRecords is var damaged and > 0)
            outbox.Post("outbox_damaged", Severity.Warning, $"{damaged} records of the event outbox could not be read and are lost.");
        return outbox;
    }

    /// <summary>Before the session's RunAsync: from then on events go to <paramref name="topics"/>' event topic.</summary>
    public void Attach(BusSession bus, BusTopics topics)
    {
        _bus = bus;
        _topics = topics;
        bus.Subscribe(topics.EventAck, OnAck);
        bus.Connected += () =>
        {
            Volatile.Write(ref _rewind, true);
            Wake();
        };
    }

    /// <summary>Stamps the event and hands it to the loop. Never waits; false when too many are waiting for the disk (counted).</summary>
    public bool Post(string kind, Severity severity, string text, string? code = null, string? target = null)
    {
        var taken = _posted.Writer.TryWrite(new BoxEvent(0, 0, kind, code, target, severity, text, _time.GetUtcNow()));
        if (!taken)
            Interlocked.Increment(ref _refusedPosts);
        Wake();
        return taken;
    }

    /// <summary>For the rare caller that must not go on (or must exit) before the event is safe: on disk when it returns.</summary>
    /// <returns>False when the outbox is full or the disk failed.</returns>
    public bool Append(string kind, Severity severity, string text, string? code = null, string? target = null)
    {
        var kept = WriteToDisk([new BoxEvent(0, 0, kind, code, target, severity, text, _time.GetUtcNow())]);
        Wake();
        return kept;
    }

    /// <summary>Writes, sends and re-sends until cancelled; what was posted before is on disk when it returns.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            DrainPosted();
            HearAck();
            Send();
            try
            {
                await _work.WaitAsync(_options.RetryAfter, stop);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        DrainPosted();
        HearAck();
    }

    public void Dispose()
    {
        _store.Dispose();
        _work.Dispose();
    }

    /// <summary>The acknowledgement in a payload; null when it is none.</summary>
    internal static EventAck? DecodeAck(ReadOnlySpan<byte> payload)
    {
        try
        {
            return JsonSerializer.Deserialize(payload, ModelJson.Default.EventAck);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void OnAck(string topic, ReadOnlyMemory<byte> payload)
    {
        if (DecodeAck(payload.Span) is not { } ack)
            return;
        Volatile.Write(ref _heard, ack); // acknowledgements are cumulative: the newest says it all
        Wake();
    }

    private void Wake()
    {
        try
        {
            if (_work.CurrentCount == 0)
                _work.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else woke it in between; once is enough.
        }
    }

    private void DrainPosted()
    {
        var batch = new List<BoxEvent>();
        while (batch.Count < _options.PostLimit && _posted.Reader.TryRead(out var posted))
            batch.Add(posted);
        if (batch.Count > 0)
            WriteToDisk(batch);
    }

    private bool WriteToDisk(List<BoxEvent> batch)
    {
        lock (_gate)
        {
            _store.CountRefused(Interlocked.Exchange(ref _refusedPosts, 0));
            try
            {
                // Said before the events that fit again, so that the gap stands where it was.
                if (_store.Refused is var refused and > 0 && !_store.IsFull && _store.Append([Overflow(refused)]) == 1)
                    _store.ForgetRefused();
                var kept = _store.Append(batch);
                _diskError = null;
                return kept == batch.Count;
            }
            catch (IOException e) // disk full or gone: counted, said when it is back
            {
                _diskError = e.Message;
                _store.CountRefused(batch.Count);
                return false;
            }
        }
    }

    private BoxEvent Overflow(long refused) => new(
        0, 0, "events_dropped", null, "outbox", Severity.Warning,
        $"{refused} events were not kept: the outbox was full or its disk failed (limit {_options.DiskLimitBytes / 1024} KiB).",
        _time.GetUtcNow());

    private void HearAck()
    {
        if (Interlocked.Exchange(ref _heard, null) is not { } ack)
            return;
        lock (_gate)
        {
            if (ack.Epoch != _store.Epoch || ack.Seq <= _store.AckedSeq)
                return;
            try
            {
                if (ack.Seq > _store.LastSeq)
                {
                    _store.StartNewEpoch();
                    _sent = 0;
                    return;
                }

                _store.Ack(ack.Seq);
            }
            catch (IOException e) // the note is lost, a replay is the price
            {
                _diskError = e.Message;
            }

            _sent = Math.Max(_sent, ack.Seq);
            _progressAt = _time.GetTimestamp();
        }
    }

    private void Send()
    {
        if (_bus is not { IsConnected: true } || _topics is null)
            return;
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            if (Interlocked.Exchange(ref _rewind, false)
                || (_sent > _store.AckedSeq && _time.GetElapsedTime(_progressAt, now) >= _options.RetryAfter))
            {
                _sent = _store.AckedSeq;
                _progressAt = now;
            }

            if (_sent == _store.AckedSeq)
                _progressAt = now;
            while (_sent < _store.LastSeq && _sent - _store.AckedSeq < _options.Window)
            {
                if (_store.Payload(_sent + 1) is { } payload && !_bus.PublishEach(_topics.Event, payload))
                    break;
                _sent++;
            }
        }
    }
}
