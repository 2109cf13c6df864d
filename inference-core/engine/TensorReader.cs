using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace InferenceCore.Engine;

/// <summary>Copies a tensor's bytes from its file into memory, widening and checking on the way. Weights that are not finite are refused.</summary>
internal static class TensorReader
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>The type a matrix gets in memory.</summary>
    public static WeightType TypeOf(TensorEntry entry) => entry.Type switch
    {
        "BF16" => WeightType.BFloat16,
        "F16" or "F32" => WeightType.Float32,
        _ => throw new EngineException($"{entry.File}: tensor '{entry.Name}' has dtype {entry.Type}; supported are BF16, F16 and F32"),
    };

    /// <summary>Into <paramref name="matrix"/> from row <paramref name="firstRow"/> on, in the matrix' own type.</summary>
    public static unsafe void Read(TensorEntry entry, Matrix matrix, int firstRow, int rows)
    {
        var columns = matrix.Columns;
        using var handle = File.OpenHandle(entry.File);
        var rowsPerChunk = Math.Max(1, ChunkBytes / (columns * 4));
        var values = new float[rowsPerChunk * columns];
        var rowBytes = entry.Bytes / rows;
        for (var row = 0; row < rows; row += rowsPerChunk)
        {
            var count = Math.Min(rowsPerChunk, rows - row);
            var offset = entry.Offset + (row * rowBytes);
            if (matrix.Type == WeightType.BFloat16)
            {
                var target = new Span<ushort>(matrix.Row(firstRow + row), count * columns);
                ReadBytes(handle, MemoryMarshal.AsBytes(target), offset, entry);
                RequireFinite(target, entry, (long)row * columns);
                for (var r = 0; r < count; r++)
                    BFloat16.Shuffle(target.Slice(r * columns, columns));
            }
            else
            {
                var target = new Span<float>(matrix.Row(firstRow + row), count * columns);
                ReadFloats(handle, target, offset, entry, (long)row * columns);
            }
        }
    }

    /// <summary>Into <paramref name="target"/> as float32.</summary>
    public static void Read(TensorEntry entry, Span<float> target)
    {
        using var handle = File.OpenHandle(entry.File);
        ReadFloats(handle, target, entry.Offset, entry, 0);
    }

    /// <summary>Reads all of a tensor, a buffer at a time, only to see that it is there and finite.</summary>
    public static void Scan(TensorEntry entry, Span<float> buffer)
    {
        using var handle = File.OpenHandle(entry.File);
        var size = entry.Type == "F32" ? 4 : 2;
        for (var done = 0L; done < entry.Bytes / size;)
        {
            var part = buffer[..(int)Math.Min(buffer.Length, (entry.Bytes / size) - done)];
            ReadFloats(handle, part, entry.Offset + (done * size), entry, done);
            done += part.Length;
        }
    }

    private static void ReadFloats(SafeFileHandle handle, Span<float> target, long offset, TensorEntry entry, long firstElement)
    {
        switch (entry.Type)
        {
            case "F32":
                ReadBytes(handle, MemoryMarshal.AsBytes(target), offset, entry);
                break;
            case "F16":
            case "BF16":
                var halves = new ushort[target.Length];
                ReadBytes(handle, MemoryMarshal.AsBytes(halves.AsSpan()), offset, entry);
                for (var i = 0; i < halves.Length; i++)
                    target[i] = entry.Type == "F16" ? (float)BitConverter.UInt16BitsToHalf(halves[i]) : BFloat16.ToFloat(halves[i]);
                break;
            default:
                TypeOf(entry);
                break;
        }

        for (var i = 0; i < target.Length; i++)
        {
            if (!float.IsFinite(target[i]))
                throw NotFinite(entry, firstElement + i, target[i]);
        }
    }

    /// <summary>All values of a piece of a tensor, as they lie in the file, are finite numbers.</summary>
    /// <param name="bytes">The piece.</param>
    /// <param name="entry">The tensor.</param>
    /// <param name="firstByte">Where in the tensor the piece begins.</param>
    public static void RequireFinite(ReadOnlySpan<byte> bytes, TensorEntry entry, long firstByte)
    {
        switch (entry.Type)
        {
            case "BF16":
                RequireFinite(MemoryMarshal.Cast<byte, ushort>(bytes), entry, firstByte / sizeof(ushort));
                break;
            case "F16":
                RequireFinite(MemoryMarshal.Cast<byte, Half>(bytes), entry, firstByte / sizeof(ushort));
                break;
            case "F32":
                RequireFinite(MemoryMarshal.Cast<byte, float>(bytes), entry, firstByte / sizeof(float));
                break;
            default:
                TypeOf(entry);
                break;
        }
    }

    private static void RequireFinite<T>(ReadOnlySpan<T> values, TensorEntry entry, long firstElement) where T : INumber<T>
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (!T.IsFinite(values[i]))
                throw NotFinite(entry, firstElement + i, float.CreateTruncating(values[i]));
        }
    }

    private static void RequireFinite(ReadOnlySpan<ushort> values, TensorEntry entry, long firstElement)
    {
        if (BFloat16.IndexOfNotFinite(values) is var i && i >= 0)
            throw NotFinite(entry, firstElement + i, BFloat16.ToFloat(values[i]));
    }

    private static EngineException NotFinite(TensorEntry entry, long element, float value) =>
        new($"{entry.File}: tensor '{entry.Name}' holds {value} at element {element}; weights are finite numbers");

    private static void ReadBytes(SafeFileHandle handle, Span<byte> target, long offset, TensorEntry entry)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Weights are read as little-endian numbers.");
        while (target.Length > 0)
        {
            var read = RandomAccess.Read(handle, target, offset);
            if (read == 0)
                throw new EngineException($"{entry.File}: truncated: tensor '{entry.Name}' ends before its last byte");
            target = target[read..];
            offset += read;
        }
    }
}
