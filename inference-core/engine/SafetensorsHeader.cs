using System.Buffers.Binary;
using System.Text.Json;

namespace InferenceCore.Engine;

/// <summary>
/// The header of a safetensors file: 8 bytes length (little endian), JSON {"name": {"dtype", "shape", "data_offsets": [begin, end]}},
/// then the data, which the tensors fill without gap or overlap. A stranger's file: nothing in it is believed unchecked.
/// </summary>
internal static class SafetensorsHeader
{
    /// <summary>The format's own limit, 100 MB.</summary>
    private const long HeaderLimit = 100_000_000;

    public static IReadOnlyList<TensorEntry> Read(string path)
    {
        try
        {
            using var handle = File.OpenHandle(path);
            var fileBytes = RandomAccess.GetLength(handle);
            Span<byte> prefix = stackalloc byte[8];
            if (ReadFully(handle, prefix, 0) < 8)
                throw new EngineException($"{path}: {fileBytes} bytes are no safetensors file; the shortest has 8 bytes and a header");

            var headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (headerBytes > HeaderLimit)
                throw new EngineException($"{path}: safetensors header is corrupt: it claims {headerBytes} bytes, the format allows {HeaderLimit}");
            if ((long)headerBytes > fileBytes - 8)
                throw new EngineException($"{path}: truncated: the header has {headerBytes} bytes, the file ends after {fileBytes - 8} of them");

            var header = new byte[(int)headerBytes];
            if (ReadFully(handle, header, 8) < header.Length)
                throw new EngineException($"{path}: truncated within the header");
            return Parse(header, path, fileBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"{path}: cannot be read ({e.Message})", e);
        }
    }

    /// <param name="header">The JSON alone.</param>
    /// <param name="path">For messages and entries.</param>
    /// <param name="fileBytes">Length of the whole file.</param>
    public static IReadOnlyList<TensorEntry> Parse(ReadOnlyMemory<byte> header, string path, long fileBytes)
    {
        using var document = JsonFields.ParseDocument(header, $"{path}: safetensors header is corrupt");
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw new EngineException($"{path}: safetensors header is corrupt: not a JSON object");

        var dataStart = 8L + header.Length;
        var entries = new List<TensorEntry>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in document.RootElement.EnumerateObject())
        {
            var name = Name(property, path);
            if (name == "__metadata__")
                continue;
            if (!names.Add(name))
                throw new EngineException($"{path}: safetensors header is corrupt: tensor '{name}' is listed twice");
            entries.Add(Entry(name, property.Value, path, dataStart));
        }

        RequireFilled(entries, path, dataStart, fileBytes);
        return entries;
    }

    private static string Name(JsonProperty property, string path)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException e)
        {
            throw new EngineException($"{path}: safetensors header is corrupt: a tensor's name is not valid Unicode", e);
        }
    }

    private static TensorEntry Entry(string name, JsonElement value, string path, long dataStart)
    {
        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out var type) || type.ValueKind != JsonValueKind.String
            || !value.TryGetProperty("shape", out var shape) || shape.ValueKind != JsonValueKind.Array
            || !value.TryGetProperty("data_offsets", out var offsets) || offsets.ValueKind != JsonValueKind.Array || offsets.GetArrayLength() != 2)
            throw new EngineException($"{path}: safetensors header is corrupt: tensor '{name}' lacks dtype, shape or data_offsets");

        var dimensions = shape.EnumerateArray().Select(d => Whole(d, name, path)).ToArray();
        var begin = Whole(offsets[0], name, path);
        var end = Whole(offsets[1], name, path);
        if (end < begin)
            throw new EngineException($"{path}: safetensors header is corrupt: tensor '{name}' ends ({end}) before it begins ({begin})");

        var typeName = TypeName(type, name, path);
        if (SizeOf(typeName) is { } size)
            RequireSize(name, path, dimensions, size, end - begin);
        return new TensorEntry(path, name, typeName, dimensions, dataStart + begin, end - begin);
    }

    private static string TypeName(JsonElement type, string name, string path)
    {
        try
        {
            return type.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new EngineException($"{path}: safetensors header is corrupt: tensor '{name}' has a dtype that is not valid Unicode", e);
        }
    }

    private static void RequireSize(string name, string path, long[] dimensions, int size, long bytes)
    {
        UInt128 expected = (UInt128)size;
        foreach (var dimension in dimensions)
        {
            expected *= (UInt128)dimension;
            if (expected > long.MaxValue)
                break;
        }

        if (expected != (UInt128)bytes)
            throw new EngineException($"{path}: safetensors header is corrupt: tensor '{name}' [{string.Join(", ", dimensions)}] has {bytes} bytes, its shape asks for {expected}");
    }

    // Tensors in file order must touch: a gap or an overlap is damage, a missing end is a truncated file.
    private static void RequireFilled(List<TensorEntry> entries, string path, long dataStart, long fileBytes)
    {
        var end = dataStart;
        foreach (var entry in entries.OrderBy(e => e.Offset).ThenBy(e => e.Bytes))
        {
            if (entry.Offset != end)
                throw new EngineException($"{path}: safetensors header is corrupt: tensor '{entry.Name}' begins at byte {entry.Offset}, the one before it ends at {end}");
            end = entry.Offset + entry.Bytes;
            if (end > fileBytes)
                throw new EngineException($"{path}: truncated: tensor '{entry.Name}' ends at byte {end}, the file at {fileBytes}");
        }

        if (end != fileBytes)
            throw new EngineException($"{path}: {fileBytes - end} bytes follow the last tensor; a safetensors file ends with it");
    }

    private static long Whole(JsonElement element, string name, string path) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var value) && value is >= 0 and <= 1L << 50
            ? value
            : throw new EngineException($"{path}: safetensors header is corrupt: tensor '{name}' has a size or offset that is no whole number in 0..2^50");

    /// <summary>Bytes per element; null for a type this reader does not know (it may still lie in the file unread).</summary>
    private static int? SizeOf(string type) => type switch
    {
        "F64" or "I64" or "U64" => 8,
        "F32" or "I32" or "U32" => 4,
        "F16" or "BF16" or "I16" or "U16" => 2,
        "BOOL" or "U8" or "I8" or "F8_E4M3" or "F8_E5M2" => 1,
        _ => null,
    };

    private static int ReadFully(Microsoft.Win32.SafeHandles.SafeFileHandle handle, Span<byte> target, long offset)
    {
        var done = 0;
        while (done < target.Length)
        {
            var read = RandomAccess.Read(handle, target[done..], offset + done);
            if (read == 0)
                break;
            done += read;
        }

        return done;
    }
}
