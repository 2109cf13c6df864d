using System.Buffers.Binary;

namespace InferenceCore.Worker;

/// <summary>Puts frames together again from bytes that come in any portions.</summary>
internal sealed class FrameBuffer
{
    /// <summary>A prompt that fills a request's body, four bytes a token, and room beside it.</summary>
    public const int MaxFrame = 32 << 20;

    private const int Portion = 64 << 10;

    private byte[] _bytes = new byte[Portion];
    private int _start;
    private int _end;

    /// <summary>Where the next bytes are to be put; at least one.</summary>
    public Memory<byte> Room()
    {
        if (_start == _end)
            (_start, _end) = (0, 0);
        if (_end == _bytes.Length)
            MakeRoom();
        return _bytes.AsMemory(_end);
    }

    /// <summary>So many have been put there.</summary>
    public void Filled(int bytes) => _end += bytes;

    /// <summary>The next whole frame without its length; good until <see cref="Room"/> is called.</summary>
    /// <exception cref="WireFault">It would be longer than any message is.</exception>
    public bool TryTake(out ReadOnlySpan<byte> frame)
    {
        frame = default;
        if (_end - _start < sizeof(uint))
            return false;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(_start));
        if (length is 0 or > MaxFrame)
            throw new WireFault($"a frame of {length} bytes; the limit is {MaxFrame}");
        if (_end - _start - sizeof(uint) < length)
            return false;
        frame = _bytes.AsSpan(_start + sizeof(uint), (int)length);
        _start += sizeof(uint) + (int)length;
        return true;
    }

    // Bytes already taken make room first; after a large frame the buffer becomes small again.
    private void MakeRoom()
    {
        var waiting = _end - _start;
        var target = waiting + Portion <= _bytes.Length && _bytes.Length <= 4 * Portion ? _bytes : new byte[Math.Max(Portion, 2 * waiting)];
        Buffer.BlockCopy(_bytes, _start, target, 0, waiting);
        (_bytes, _start, _end) = (target, 0, waiting);
    }
}
