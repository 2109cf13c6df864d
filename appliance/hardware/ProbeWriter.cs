using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Appliance.Hardware;

/// <summary>One end's outgoing frames; any thread may send. A reader that went away is remembered, not thrown: whoever sends looks at <see cref="IsBroken"/>.</summary>
public sealed class ProbeWriter(Stream stream)
{
    private const int HeaderLength = 5;

    private readonly Lock _gate = new();
    private readonly ArrayBufferWriter<byte> _buffer = new(8192);
    private Utf8JsonWriter? _json;
    private volatile bool _broken;

    public bool IsBroken => _broken;

    public void Send<T>(ProbeFrame kind, T value, JsonTypeInfo<T> type)
    {
        lock (_gate)
        {
            Begin(kind);
            _json ??= new(_buffer);
            _json.Reset(_buffer);
            JsonSerializer.Serialize(_json, value, type);
            _json.Flush();
            End();
        }
    }

    public void Send(ProbeFrame kind, ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            Begin(kind);
            _buffer.Write(payload);
            End();
        }
    }

    private void Begin(ProbeFrame kind)
    {
        _buffer.ResetWrittenCount();
        var header = _buffer.GetSpan(HeaderLength);
        header[0] = (byte)kind;
        header[1..HeaderLength].Clear();
        _buffer.Advance(HeaderLength);
    }

    private void End()
    {
        if (_broken)
            return;
        var frame = System.Runtime.InteropServices.MemoryMarshal.AsMemory(_buffer.WrittenMemory);
        BinaryPrimitives.WriteInt32LittleEndian(frame.Span[1..], frame.Length - HeaderLength);
        try
        {
            stream.Write(frame.Span);
            stream.Flush();
        }
        catch (IOException)
        {
            _broken = true; // the other end is gone
        }
        catch (ObjectDisposedException)
        {
            _broken = true;
        }
    }
}
