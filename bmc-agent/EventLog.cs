using System.Globalization;
using System.Text;
using System.Text.Json;
using Appliance.Bus;

namespace BmcAgent;

/// <summary>
/// The event log on disk: append-only segments <c>events/&lt;first id&gt;.log</c>, synced before anything in them is acknowledged.
/// The oldest segment goes when the limit is passed. Records: <c>E {entry}</c>, and at the head of each segment <c>C [cursors]</c>,
/// so that opening reads one segment and not all. Thread-safe.
/// </summary>
internal sealed class EventLog : IDisposable
{
    public const string OwnSource = "bmc-agent";
    public const string BusSource = "appliance";

    /// <summary>Entries one request may look at before it answers with what it found so far.</summary>
    private const int ScanLimit = 50_000;

    private const int RecentLimit = 512;
    private const int SegmentsPerLog = 8;

    private readonly Lock _gate = new();
    private readonly string _directory;
    private readonly int _limit;
    private readonly List<long> _segments = [];
    private readonly LinkedList<EventEntry> _recent = new();
    private RecordFile _file;
    private EventCursors _cursors = new();

    private EventLog(string directory, int limit)
    {
        _directory = directory;
        _limit = limit;
        Directory.CreateDirectory(directory);
        _segments.AddRange(Directory.EnumerateFiles(directory, "*.log")
            .Select(f => long.TryParse(Path.GetFileNameWithoutExtension(f), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0).Order());
        if (_segments.Count == 0)
            _segments.Add(1);
        _file = OpenLast();
    }

    /// <summary>0 before the first event.</summary>
    public long LastId { get; private set; }

    public long FirstId
    {
        get
        {
            lock (_gate)
                return _segments[0];
        }
    }

    /// <summary>Records that could not be read when the log was opened.</summary>
    public int Damaged { get; private set; }

    /// <param name="limit">Entries kept, 100 or more.</param>
    public static EventLog Open(string directory, int limit) => new(directory, limit);

    public long LastKnown(string node, long epoch)
    {
        lock (_gate)
            return _cursors.Last(node, epoch);
    }

    /// <summary>Judges, writes and syncs a batch; what is a duplicate or must wait is left out.</summary>
    /// <returns>The entries written.</returns>
    /// <exception cref="IOException">Nothing was written and nothing counts as known.</exception>
    public IReadOnlyList<EventEntry> Append(IReadOnlyList<EventArrival> arrivals, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (LastId - _segments[^1] + 1 >= SegmentSize)
                StartSegment();
            var cursors = _cursors.Clone();
            var written = new List<EventEntry>();
            foreach (var arrival in arrivals)
            {
                if (arrival.IsOwn)
                    Write(Own(cursors, arrival, arrival.Text));
                else
                    TakeForeign(arrival);
            }

            _file.Commit();
            LastId += written.Count;
            _cursors = cursors;
            foreach (var entry in written)
            {
                _recent.AddLast(entry);
                if (_recent.Count > RecentLimit)
                    _recent.RemoveFirst();
            }

            return written;

            void TakeForeign(EventArrival arrival)
            {
                var before = cursors.Last(arrival.Node, arrival.Epoch);
                var verdict = cursors.Take(arrival.Node, arrival.Epoch, arrival.Seq);
                if (verdict is EventCursors.Verdict.Duplicate or EventCursors.Verdict.Held)
                    return;
                if (verdict is EventCursors.Verdict.NewAfterGap)
                {
                    var gap = $"Events {before + 1} to {arrival.Seq - 1} of epoch {arrival.Epoch} never arrived; the sender no longer has them.";
                    Write(Own(cursors, arrival with { Kind = "events_missing", Severity = Appliance.Model.Severity.Warning, Ts = now }, gap));
                }

                Write(Entry(arrival, BusSource, arrival.Epoch, arrival.Seq, arrival.Text));
            }

            EventEntry Own(EventCursors at, EventArrival arrival, string text)
            {
                var seq = at.Last(arrival.Node, 0) + 1;
                at.Take(arrival.Node, 0, seq);
                return Entry(arrival with { Code = arrival.IsOwn ? arrival.Code : null }, OwnSource, 0, seq, text);
            }

            EventEntry Entry(EventArrival a, string source, long epoch, long seq, string text) =>
                new(LastId + written.Count + 1, a.Node, source, epoch, seq, a.Kind, a.Code, a.Target, a.Severity, text, a.Ts, now);

            void Write(EventEntry entry)
            {
                _file.Append([(byte)'E', (byte)' ', .. JsonSerializer.SerializeToUtf8Bytes(entry, AgentJson.Default.EventEntry)]);
                written.Add(entry);
            }
        }
    }

    /// <summary>Newest first.</summary>
    public EventPage Page(EventQuery query)
    {
        var found = new List<EventEntry>();
        var before = Math.Min(query.Before ?? long.MaxValue, LastId + 1);
        var scanned = 0;
        foreach (var entry in NewestFirst(before))
        {
            if (entry.Id <= query.After)
                break;
            if (found.Count >= query.Limit || scanned >= ScanLimit)
                return Page(before);
            scanned++;
            before = entry.Id;
            if (query.Wants(entry))
                found.Add(entry);
        }

        return Page(null);

        EventPage Page(long? next) => new(found, next, FirstId, LastId);
    }

    public void Dispose() => _file.Dispose();

    private int SegmentSize => Math.Max(1, _limit / SegmentsPerLog);

    private string PathOf(long segment) => Path.Combine(_directory, segment.ToString("D12", CultureInfo.InvariantCulture) + ".log");

    private RecordFile OpenLast()
    {
        while (true)
        {
            var file = Replay(out var headed);
            // Killed between making a segment and writing its head: the one before it knows everything.
            if (headed || _segments.Count == 1)
                return file;
            file.Dispose();
            File.Delete(PathOf(_segments[^1]));
            _segments.RemoveAt(_segments.Count - 1);
        }
    }

    private RecordFile Replay(out bool headed)
    {
        var seen = false;
        LastId = _segments[^1] - 1;
        var file = RecordFile.Open(PathOf(_segments[^1]), (record, _) =>
        {
            if (record.Length < 3)
                return;
            if (record[0] == 'C')
            {
                seen = true;
                _cursors = new EventCursors(JsonSerializer.Deserialize(record[2..], AgentJson.Default.EventCursorArray) ?? []);
            }
            else if (record[0] == 'E' && JsonSerializer.Deserialize(record[2..], AgentJson.Default.EventEntry) is { } entry)
            {
                LastId = Math.Max(LastId, entry.Id);
                _cursors.Take(entry.Node, entry.Epoch, entry.Seq);
                if (_cursors.Last(entry.Node, entry.Epoch) < entry.Seq)
                    _cursors.Take(entry.Node, entry.Epoch, entry.Seq); // behind a gap: it is in the log, so it is known
                _recent.AddLast(entry);
                if (_recent.Count > RecentLimit)
                    _recent.RemoveFirst();
            }
        });
        Damaged = file.BadRecords;
        headed = seen;
        return file;
    }

    private void StartSegment()
    {
        var segment = LastId + 1;
        var fresh = RecordFile.Open(PathOf(segment), (_, _) => { });
        try
        {
            fresh.Append([(byte)'C', (byte)' ', .. JsonSerializer.SerializeToUtf8Bytes([.. _cursors.All], AgentJson.Default.EventCursorArray)]);
            fresh.Commit();
        }
        catch
        {
            fresh.Dispose();
            File.Delete(PathOf(segment)); // a segment without its head would forget what is known
            throw;
        }

        _file.Dispose();
        _file = fresh;
        _segments.Add(segment);
        while (_segments.Count > 1 && LastId - _segments[0] + 1 + SegmentSize > _limit)
        {
            File.Delete(PathOf(_segments[0]));
            _segments.RemoveAt(0);
        }
    }

    private IEnumerable<EventEntry> NewestFirst(long before)
    {
        EventEntry[] recent;
        long[] segments;
        lock (_gate)
        {
            recent = [.. _recent];
            segments = [.. _segments];
        }

        for (var i = recent.Length - 1; i >= 0; i--)
        {
            if (recent[i].Id < before && recent[i].Id >= segments[0])
                yield return recent[i];
        }

        var rest = recent.Length > 0 ? Math.Min(before, recent[0].Id) : before;
        for (var i = segments.Length - 1; i >= 0; i--)
        {
            if (segments[i] >= rest)
                continue;
            var entries = ReadSegment(segments[i], rest);
            for (var j = entries.Count - 1; j >= 0; j--)
                yield return entries[j];
        }
    }

    private List<EventEntry> ReadSegment(long segment, long before)
    {
        var entries = new List<EventEntry>();
        try
        {
            foreach (var line in File.ReadLines(PathOf(segment)))
            {
                var record = Encoding.UTF8.GetBytes(line);
                if (RecordFile.Payload(record) is { Length: > 2 } payload
                    && payload[0] == 'E'
                    && JsonSerializer.Deserialize(payload[2..], AgentJson.Default.EventEntry) is { } entry
                    && entry.Id < before)
                    entries.Add(entry);
            }
        }
        catch (FileNotFoundException)
        {
            // The limit took the segment while somebody was paging towards it.
        }

        return entries;
    }
}
