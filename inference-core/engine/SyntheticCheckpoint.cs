using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace InferenceCore.Engine;

/// <summary>
/// Writes a random checkpoint in Hugging Face layout: config.json as given, shards, an index where there is more than one, hashes.
/// A tensor's values depend on seed and name alone, so the same command gives the same bytes on every machine.
/// </summary>
internal sealed class SyntheticCheckpoint(ModelConfig config, ulong seed, string type)
{
    /// <summary>Bytes of a shard at most, unless one tensor alone is larger.</summary>
    private const long ShardBytes = 4L << 30;

    public static readonly string[] Types = ["bf16", "f16", "f32"];

    public void Write(string configPath, string directory)
    {
        if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
            throw new EngineException($"{directory}: is not empty; right would be a new or empty directory");
        Directory.CreateDirectory(directory);
        File.Copy(configPath, Path.Combine(directory, "config.json"));

        var shards = Shards();
        var files = new List<string> { "config.json" };
        for (var i = 0; i < shards.Count; i++)
            files.Add(shards.Count == 1 ? "model.safetensors" : $"model-{i + 1:00000}-of-{shards.Count:00000}.safetensors");
        Parallel.For(0, shards.Count, i => WriteShard(Path.Combine(directory, files[i + 1]), shards[i]));

        if (shards.Count > 1)
        {
            WriteIndex(Path.Combine(directory, "model.safetensors.index.json"), shards, files[1..]);
            files.Add("model.safetensors.index.json");
        }

        HashList.Write(directory, files);
    }

    private List<List<PlannedTensor>> Shards()
    {
        var shards = new List<List<PlannedTensor>> { new() };
        var bytes = 0L;
        foreach (var tensor in TensorPlan.Of(config))
        {
            if (bytes > 0 && bytes + BytesOf(tensor) > ShardBytes)
            {
                shards.Add([]);
                bytes = 0;
            }

            shards[^1].Add(tensor);
            bytes += BytesOf(tensor);
        }

        return shards;
    }

    private void WriteShard(string path, List<PlannedTensor> tensors)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        var header = Header(tensors);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        file.Write(length);
        file.Write(header);
        var buffer = new byte[1 << 16];
        foreach (var tensor in tensors)
            WriteValues(file, tensor, buffer);
    }

    private byte[] Header(List<PlannedTensor> tensors)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            var offset = 0L;
            foreach (var tensor in tensors)
            {
                writer.WriteStartObject(tensor.Name);
                writer.WriteString("dtype", TypeOf(tensor).ToUpperInvariant());
                writer.WriteStartArray("shape");
                foreach (var dimension in tensor.Shape)
                    writer.WriteNumberValue(dimension);
                writer.WriteEndArray();
                writer.WriteStartArray("data_offsets");
                writer.WriteNumberValue(offset);
                writer.WriteNumberValue(offset += BytesOf(tensor));
                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        // Spaces up to a multiple of eight: the data then begins aligned.
        while (json.Length % 8 != 0)
            json.WriteByte((byte)' ');
        return json.ToArray();
    }

    private void WriteValues(FileStream file, PlannedTensor tensor, byte[] buffer)
    {
        var random = new WeightRandom(seed, tensor.Name);
        var (centre, spread) = Distribution(tensor);
        var kind = TypeOf(tensor);
        var size = SizeOf(kind);
        for (var left = tensor.Elements; left > 0;)
        {
            var count = (int)Math.Min(left, buffer.Length / size);
            for (var i = 0; i < count; i++)
            {
                var value = centre + (spread * random.Next());
                var target = buffer.AsSpan(i * size, size);
                if (kind == "f32")
                    BinaryPrimitives.WriteSingleLittleEndian(target, value);
                else if (kind == "f16")
                    BinaryPrimitives.WriteHalfLittleEndian(target, (Half)value);
                else
                    BinaryPrimitives.WriteUInt16LittleEndian(target, BFloat16.FromFloat(value));
            }

            file.Write(buffer, 0, count * size);
            left -= count;
        }
    }

    // Wide enough that attention and router have opinions, narrow enough that hundreds of layers stay finite. The spread is that of a uniform
    // distribution in -1..1, whose standard deviation is 1/sqrt(3).
    private static (float Centre, float Spread) Distribution(PlannedTensor tensor) => tensor.Role switch
    {
        TensorRole.Projection => (0, (float)Math.Sqrt(3.0 / tensor.Shape[1])),
        TensorRole.Embedding => (0, 1),
        TensorRole.Norm => (1, 0.1f),
        TensorRole.Bias => (0, 0.1f),
        TensorRole.ChoiceBias => (0.05f, 0.05f),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static void WriteIndex(string path, List<List<PlannedTensor>> shards, List<string> files)
    {
        using var file = File.Create(path);
        using var writer = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteStartObject("weight_map");
        for (var i = 0; i < shards.Count; i++)
        {
            foreach (var tensor in shards[i])
                writer.WriteString(tensor.Name, files[i]);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private string TypeOf(PlannedTensor tensor) => tensor.Role == TensorRole.ChoiceBias ? "f32" : type;

    private long BytesOf(PlannedTensor tensor) => tensor.Elements * SizeOf(TypeOf(tensor));

    private static int SizeOf(string kind) => kind == "f32" ? 4 : 2;

    /// <summary>Uniform in (-1, 1): SplitMix64 started by seed and FNV-1a of the name.</summary>
    private struct WeightRandom
    {
        private ulong _state;

        public WeightRandom(ulong seed, string name)
        {
            var hash = 14695981039346656037UL;
            foreach (var b in Encoding.UTF8.GetBytes(name))
                hash = (hash ^ b) * 1099511628211UL;
            _state = hash ^ (seed * 0x9E3779B97F4A7C15UL);
        }

        public float Next()
        {
            var z = _state += 0x9E3779B97F4A7C15UL;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            z ^= z >> 31;
            return (((z >> 40) + 0.5f) * (2f / (1 << 24))) - 1f;
        }
    }
}
