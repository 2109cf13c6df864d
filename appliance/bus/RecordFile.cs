using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using Microsoft.Win32.SafeHandles;

namespace Appliance.Bus;

/// <summary>
/// An append-only file of one-line records, each led by its CRC-32C: <c>xxxxxxxx payload\n</c>, so that a person can read it with
/// less and a program can tell a torn or rotten record from a good one. What <see cref="Commit"/> returned for survives kill -9 and
/// power loss; a record torn by either is dropped at the next open. Not thread-safe.
/// </summary>
public sealed class RecordFile : IDisposable
{
    private const int HeaderBytes = 9;
    private readonly SafeFileHandle _handle;
    private readonly MemoryStream _pending = new();

    private RecordFile(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
    }

    public string Path { get; }

    /// <summary>Bytes on disk that were committed.</summary>
    public long Length { get; private set; }

    /// <summary>Bytes of a last record that was never completed, cut off when the file was opened.</summary>
    public long TornBytes { get; private set; }

    /// <summary>Complete lines whose checksum is wrong; they are skipped, what follows them is kept.</summary>
    public int BadRecords { get; private set; }

    /// <param name="onRecord">Called for each good record, with its offset in the file.</param>
    public static RecordFile Open(string path, RecordHandler onRecord)
    {
        var directory = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        Directory.CreateDirectory(directory);
        var handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        var file = new RecordFile(path, handle);
        try
        {
            file.Recover(onRecord);
            return file;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public delegate void RecordHandler(ReadOnlySpan<byte> payload, long offset);

    /// <summary>Buffers a record; it is on disk when <see cref="Commit"/> has returned.</summary>
    /// <returns>The offset it will have.</returns>
    public long Append(ReadOnlySpan<byte> payload)
    {
        if (payload.Contains((byte)'\n'))
            throw new ArgumentException("A record is one line.", nameof(payload));
        var offset = Length + _pending.Length;
        Span<byte> header = stackalloc byte[HeaderBytes];
        Utf8Formatter.TryFormat(Checksum(payload), header, out _, new System.Buffers.StandardFormat('x', 8));
        header[8] = (byte)' ';
        _pending.Write(header);
        _pending.Write(payload);
        _pending.WriteByte((byte)'\n');
        return offset;
    }

    /// <summary>Writes what was appended in one go and, unless told otherwise, waits until the disk has it.</summary>
    /// <exception cref="IOException">Nothing of it was kept: the file is cut back, the buffer is emptied.</exception>
    public void Commit(bool durable = true)
    {
        if (_pending.Length == 0)
            return;
        try
        {
            RandomAccess.Write(_handle, _pending.GetBuffer().AsSpan(0, (int)_pending.Length), Length);
            if (durable)
                RandomAccess.FlushToDisk(_handle);
            Length += _pending.Length;
        }
        catch
        {
            RandomAccess.SetLength(_handle, Length);
            throw;
        }
        finally
        {
            _pending.SetLength(0);
        }
    }

    /// <summary>The payload of the committed record at <paramref name="offset"/>, or null when it is not a good one.</summary>
    public byte[]? Read(long offset)
    {
        var buffer = new byte[1024];
        while (true)
        {
            var read = RandomAccess.Read(_handle, buffer, offset);
            var end = buffer.AsSpan(0, read).IndexOf((byte)'\n');
            if (end >= 0)
                return IsGood(buffer.AsSpan(0, end)) ? buffer[HeaderBytes..end] : null;
            if (read < buffer.Length)
                return null;
            buffer = new byte[buffer.Length * 4];
        }
    }

    public void Dispose()
    {
        _handle.Dispose();
        _pending.Dispose();
    }

    /// <summary>The payload of one line (without its newline) of such a file; empty when the line is not a good record.</summary>
    public static ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> line) => IsGood(line) ? line[HeaderBytes..] : [];

    private static bool IsGood(ReadOnlySpan<byte> line) =>
        line.Length >= HeaderBytes
        && line[8] == ' '
        && uint.TryParse(line[..8], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var written)
        && written == Checksum(line[HeaderBytes..]);

    private static uint Checksum(ReadOnlySpan<byte> payload)
    {
        var crc = uint.MaxValue;
        foreach (var b in payload)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }

    private void Recover(RecordHandler onRecord)
    {
        var total = RandomAccess.GetLength(_handle);
        var carry = new byte[256 * 1024];
        int held = 0;
        long offset = 0, lastGoodEnd = 0;
        var badSinceGood = 0;
        while (offset + held < total)
        {
            if (held == carry.Length)
                Array.Resize(ref carry, carry.Length * 2);
            var read = RandomAccess.Read(_handle, carry.AsSpan(held), offset + held);
            if (read == 0)
                break;
            held += read;
            var at = 0;
            while (carry.AsSpan(at, held - at).IndexOf((byte)'\n') is var length and >= 0)
            {
                var line = carry.AsSpan(at, length);
                if (IsGood(line))
                {
                    onRecord(line[HeaderBytes..], offset + at);
                    BadRecords += badSinceGood;
                    badSinceGood = 0;
                    lastGoodEnd = offset + at + length + 1;
                }
                else
                {
                    badSinceGood++;
                }

                at += length + 1;
            }

            carry.AsSpan(at, held - at).CopyTo(carry);
            held -= at;
            offset += at;
        }

        // Bad lines behind the last good one are a torn write (of several records at once), not rot.
        TornBytes = total - lastGoodEnd;
        if (TornBytes > 0)
            RandomAccess.SetLength(_handle, lastGoodEnd);
        Length = lastGoodEnd;
    }
}
