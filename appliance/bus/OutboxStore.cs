using System.Globalization;
using System.Text;
using System.Text.Json;
using Appliance.Model;

namespace Appliance.Bus;

/// <summary>
/// The outbox' file. Records: <c>H epoch base</c> (the first one; base = last number before this file), <c>E {event}</c>,
/// <c>A seq</c> (acknowledged up to), <c>D count</c> (refused so far). Numbers are gap-free within an epoch because a number is
/// given and written in one step; an event that cannot be written gets none. Not thread-safe.
/// </summary>
internal sealed class OutboxStore : IDisposable
{
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly EventOutboxOptions _options;
    private readonly Queue<(long Seq, long Offset)> _unacked = new();
    private RecordFile _file;

    private OutboxStore(string path, TimeProvider time, EventOutboxOptions options)
    {
        _path = path;
        _time = time;
        _options = options;
        _file = Load();
    }

    public long Epoch { get; private set; }

    public long LastSeq { get; private set; }

    public long AckedSeq { get; private set; }

    public long Refused { get; private set; }

    public int DamagedRecords { get; private set; }

    public bool IsFull => _file.Length > _options.DiskLimitBytes;

    public static OutboxStore Open(string directory, TimeProvider time, EventOutboxOptions options) =>
        new(Path.Combine(directory, "events"), time, options);

    /// <summary>Numbers and writes the events in one durable step.</summary>
    /// <returns>How many of them were kept; the others were refused by the size limit and are counted.</returns>
    /// <exception cref="IOException">None was kept, no number was used.</exception>
    public int Append(IReadOnlyList<BoxEvent> events)
    {
        var kept = new List<(long, long)>();
        long refused = 0;
        foreach (var next in events)
        {
            if (IsFull)
            {
                refused++;
                continue;
            }

            var seq = LastSeq + kept.Count + 1;
            kept.Add((seq, _file.Append(Encode(next with { Epoch = Epoch, Seq = seq }))));
        }

        if (refused > 0 && IsMilestone(Refused, Refused + refused))
            _file.Append(Record('D', $"{Refused + refused}"));
        _file.Commit();
        Refused += refused;
        LastSeq += kept.Count;
        foreach (var entry in kept)
            _unacked.Enqueue(entry);
        return kept.Count;
    }

    /// <summary>Counts events lost before they reached the file.</summary>
    public void CountRefused(long count) => Refused += count;

    /// <summary>The refusals have been told in an event that is on disk.</summary>
    public void ForgetRefused()
    {
        Refused = 0;
        _file.Append(Record('D', "0"));
        _file.Commit();
    }

    /// <summary>Payload of event <paramref name="seq"/>; null when it was acknowledged or its record rotted.</summary>
    public byte[]? Payload(long seq)
    {
        foreach (var (held, offset) in _unacked)
        {
            if (held == seq)
                return _file.Read(offset) is { Length: > 2 } record && record[0] == 'E' ? record[2..] : null;
            if (held > seq)
                break;
        }

        return null;
    }

    /// <summary>Everything up to <paramref name="seq"/> is on the reader's disk. Losing this note costs a replay, so it is not synced.</summary>
    public void Ack(long seq)
    {
        if (seq <= AckedSeq || seq > LastSeq)
            return;
        AckedSeq = seq;
        while (_unacked.TryPeek(out var first) && first.Seq <= seq)
            _unacked.Dequeue();
        _file.Append(Record('A', $"{seq}"));
        _file.Commit(durable: false);
        var done = _unacked.TryPeek(out var oldest) ? oldest.Offset : _file.Length;
        if (done > Math.Min(_options.CompactAboveBytes, _options.DiskLimitBytes / 2) && done > _file.Length / 2)
            Rewrite(Epoch, renumber: false);
    }

    /// <summary>
    /// The reader has numbers of our epoch that we never gave: our file is older than what was sent from here (a restored disk).
    /// What is left goes on under a new epoch, or the reader would take it for known.
    /// </summary>
    public void StartNewEpoch() => Rewrite(NextEpoch(), renumber: true);

    public void Dispose() => _file.Dispose();

    private static bool IsMilestone(long before, long after) => before == 0 || BitsOf(before) != BitsOf(after);

    private static int BitsOf(long value) => 64 - System.Numerics.BitOperations.LeadingZeroCount((ulong)value);

    private static byte[] Record(char kind, string text) => Encoding.UTF8.GetBytes($"{kind} {text}");

    private static byte[] Encode(BoxEvent happened)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(happened, ModelJson.Default.BoxEvent);
        return [(byte)'E', (byte)' ', .. json];
    }

    /// <summary>Unix seconds, so that an epoch begun after the loss of all state still lies above every earlier one.</summary>
    private long NextEpoch() => Math.Max(_time.GetUtcNow().ToUnixTimeSeconds(), Epoch + 1);

    private RecordFile Load()
    {
        var headed = false;
        var file = RecordFile.Open(_path, (record, offset) => headed |= Replay(record, offset));
        DamagedRecords = file.BadRecords;
        if (!headed)
        {
            // Without its header a file says nothing about the numbers in use.
            _unacked.Clear();
            AckedSeq = LastSeq = 0;
            file.Dispose();
            DamagedRecords += file.Length > 0 ? 1 : 0;
            Epoch = NextEpoch();
            file = WriteFresh(Epoch, 0, []);
        }

        while (_unacked.TryPeek(out var first) && first.Seq <= AckedSeq)
            _unacked.Dequeue();
        return file;
    }

    /// <returns>True for the header.</returns>
    private bool Replay(ReadOnlySpan<byte> record, long offset)
    {
        if (record.Length < 3)
            return false;
        var body = record[2..];
        switch ((char)record[0])
        {
            case 'H':
                var words = Encoding.UTF8.GetString(body).Split(' ');
                Epoch = long.Parse(words[0], CultureInfo.InvariantCulture);
                AckedSeq = LastSeq = long.Parse(words[1], CultureInfo.InvariantCulture);
                return true;
            case 'E' when JsonSerializer.Deserialize(body, ModelJson.Default.BoxEvent) is { } happened && happened.Epoch == Epoch:
                LastSeq = Math.Max(LastSeq, happened.Seq);
                _unacked.Enqueue((happened.Seq, offset));
                return false;
            case 'A':
                AckedSeq = Math.Max(AckedSeq, long.Parse(body, CultureInfo.InvariantCulture));
                return false;
            case 'D':
                Refused = long.Parse(body, CultureInfo.InvariantCulture);
                return false;
            default:
                return false;
        }
    }

    private void Rewrite(long epoch, bool renumber)
    {
        var kept = new List<BoxEvent>();
        foreach (var (seq, offset) in _unacked)
        {
            if (_file.Read(offset) is { Length: > 2 } record
                && JsonSerializer.Deserialize(record.AsSpan(2), ModelJson.Default.BoxEvent) is { } happened)
                kept.Add(renumber ? happened with { Epoch = epoch, Seq = kept.Count + 1 } : happened with { Seq = seq });
        }

        if (renumber)
        {
            AckedSeq = 0;
            LastSeq = kept.Count;
        }

        var fresh = WriteFresh(epoch, AckedSeq, kept);
        _file.Dispose();
        _file = fresh;
        Epoch = epoch;
    }

    /// <summary>
    /// Written beside, synced, renamed over. The next commit's fsync of the new file also carries the rename on every journalling
    /// file system we ship on; before it, the old file still holds the same events.
    /// </summary>
    private RecordFile WriteFresh(long epoch, long acked, List<BoxEvent> events)
    {
        var beside = _path + ".new";
        File.Delete(beside);
        _unacked.Clear();
        using (var file = RecordFile.Open(beside, (_, _) => { }))
        {
            file.Append(Record('H', $"{epoch} {acked}"));
            if (Refused > 0)
                file.Append(Record('D', $"{Refused}"));
            foreach (var happened in events)
                _unacked.Enqueue((happened.Seq, file.Append(Encode(happened))));
            file.Commit();
        }

        File.Move(beside, _path, overwrite: true);
        return RecordFile.Open(_path, (_, _) => { });
    }
}
