using System.Buffers.Binary;

namespace Appliance.Hardware;

/// <summary>One end's incoming frames, read by one thread. Several frames come with one read; the buffer is used again.</summary>
public sealed class ProbeReader(Stream stream)
{
    private const int HeaderLength = 5;

    /// <summary>A GPU's health is about 6 KB; ten times a box is still far below this.</summary>
    private const int MaxPayload = 1 << 20;

    private byte[] _buffer = new byte[64 * 1024];
    private int _begin;
    private int _end;

    /// <summary>Waits for the next frame; false at the end of the stream, or where it is no stream of frames.</summary>
    /// <param name="payload">Valid until the next call.</param>
    public bool Next(out ProbeFrame kind, out ReadOnlySpan<byte> payload)
    {
        kind = default;
        payload = default;
        if (!Fill(HeaderLength))
            return false;
        var length = BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(_begin + 1));
        if (length is < 0 or > MaxPayload || !Fill(HeaderLength + length))
            return false;
        kind = (ProbeFrame)_buffer[_begin];
        payload = _buffer.AsSpan(_begin + HeaderLength, length);
        _begin += HeaderLength + length;
        return true;
    }

    private bool Fill(int wanted)
    {
        if (_begin > 0 && (_begin == _end || _begin + wanted > _buffer.Length))
        {
            _buffer.AsSpan(_begin, _end - _begin).CopyTo(_buffer);
            (_begin, _end) = (0, _end - _begin);
        }

        if (wanted > _buffer.Length)
            Array.Resize(ref _buffer, wanted);
        while (_end - _begin < wanted)
        {
            int count;
            try
            {
                count = stream.Read(_buffer, _end, _buffer.Length - _end);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                return false;
            }

            if (count <= 0)
                return false;
            _end += count;
        }

        return true;
    }
}
