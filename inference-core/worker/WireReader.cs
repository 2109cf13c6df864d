using System.Buffers.Binary;

namespace InferenceCore.Worker;

/// <summary>Reads what <see cref="WireWriter"/> wrote, behind the length. Bytes that are not what a field says are a <see cref="WireFault"/>, never a crash.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public byte Byte() => Take(1)[0];

    public bool Flag() => Byte() switch { 0 => false, 1 => true, var other => throw new WireFault($"a flag is {other}") };

    public int Int() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    public long Long() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    public float Float() => BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float)));

    public int? Optional() => Flag() ? Int() : null;

    public string Text() => System.Text.Encoding.UTF8.GetString(Take(Count(1)));

    public int[] Ints()
    {
        var values = new int[Count(sizeof(int))];
        for (var i = 0; i < values.Length; i++)
            values[i] = Int();
        return values;
    }

    /// <summary>How many items follow, each of this many bytes at least: no more than there are bytes for.</summary>
    public int Count(int itemBytes)
    {
        var count = Int();
        return count >= 0 && count <= _rest.Length / itemBytes ? count : throw new WireFault($"{count} items are announced in {_rest.Length} bytes");
    }

    /// <summary>Nothing may be left over.</summary>
    public readonly void End()
    {
        if (!_rest.IsEmpty)
            throw new WireFault($"{_rest.Length} bytes are left over");
    }

    private ReadOnlySpan<byte> Take(int bytes)
    {
        if (bytes > _rest.Length)
            throw new WireFault($"{bytes} bytes are expected where {_rest.Length} are left");
        var taken = _rest[..bytes];
        _rest = _rest[bytes..];
        return taken;
    }
}
