using System.Buffers.Binary;

namespace InferenceCore.Worker;

/// <summary>Writes one frame: length of what follows, uint32, then fields one after the other, little-endian.</summary>
internal sealed class WireWriter
{
    private byte[] _bytes = new byte[256];
    private int _length = sizeof(uint);

    public void Byte(byte value) => Room(1)[0] = value;

    public void Flag(bool value) => Byte(value ? (byte)1 : (byte)0);

    public void Int(int value) => BinaryPrimitives.WriteInt32LittleEndian(Room(sizeof(int)), value);

    public void Long(long value) => BinaryPrimitives.WriteInt64LittleEndian(Room(sizeof(long)), value);

    public void Float(float value) => BinaryPrimitives.WriteSingleLittleEndian(Room(sizeof(float)), value);

    /// <summary>A number that may be absent.</summary>
    public void Optional(int? value)
    {
        Flag(value is not null);
        if (value is { } number)
            Int(number);
    }

    public void Text(string value)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(value);
        Int(bytes.Length);
        bytes.CopyTo(Room(bytes.Length));
    }

    public void Ints(IReadOnlyList<int> values)
    {
        Int(values.Count);
        foreach (var value in values)
            Int(value);
    }

    /// <summary>The whole frame, ready to be sent.</summary>
    public ReadOnlyMemory<byte> Frame()
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes, (uint)(_length - sizeof(uint)));
        return _bytes.AsMemory(0, _length);
    }

    private Span<byte> Room(int bytes)
    {
        if (_length + bytes > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_length + bytes, _bytes.Length * 2));
        var room = _bytes.AsSpan(_length, bytes);
        _length += bytes;
        return room;
    }
}
