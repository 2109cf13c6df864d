namespace Appliance.Daemon.Control;

/// <summary>
/// Cuts a byte stream into lines: the framing of the control protocol. A line ends with <c>\n</c> (a <c>\r</c> before it is
/// dropped), empty lines are skipped, and a line longer than the limit ends the session instead of filling the memory.
/// </summary>
internal sealed class LineFramer(int maxLineBytes)
{
    private byte[] _buffer = new byte[Math.Min(4096, maxLineBytes + 2)];
    private int _start;
    private int _end;

    /// <summary>True once a line was longer than allowed; nothing more can be read.</summary>
    public bool Overflowed { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_buffer.Length - _end < bytes.Length)
            MakeRoom(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>The next whole line without its end; valid until the next <see cref="Append"/>.</summary>
    public bool TryRead(out ReadOnlyMemory<byte> line)
    {
        while (!Overflowed)
        {
            var waiting = _buffer.AsSpan(_start, _end - _start);
            var length = waiting.IndexOf((byte)'\n');
            if (length > maxLineBytes || (length < 0 && waiting.Length > maxLineBytes))
            {
                Overflowed = true;
                break;
            }

            if (length < 0)
                break;
            var content = length > 0 && waiting[length - 1] == '\r' ? length - 1 : length;
            line = _buffer.AsMemory(_start, content);
            _start += length + 1;
            if (content > 0)
                return true;
        }

        line = default;
        return false;
    }

    private void MakeRoom(int more)
    {
        var kept = _end - _start;
        var target = kept + more <= _buffer.Length ? _buffer : new byte[Math.Max(_buffer.Length * 2, kept + more)];
        _buffer.AsSpan(_start, kept).CopyTo(target);
        (_buffer, _start, _end) = (target, 0, kept);
    }
}
