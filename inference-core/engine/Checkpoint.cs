using System.Text.Json;

namespace InferenceCore.Engine;

/// <summary>
/// The weights of a model directory: <c>model.safetensors</c>, or shards listed by <c>model.safetensors.index.json</c>.
/// Tensors are read into memory of our own rather than mapped: a file replaced or cut off under a running engine then costs nothing,
/// where a mapping would end the process with SIGBUS, and the rows can lie as the kernels want them.
/// </summary>
internal sealed class Checkpoint
{
    private readonly string _directory;
    private readonly Dictionary<string, TensorEntry> _tensors;

    private Checkpoint(string directory, Dictionary<string, TensorEntry> tensors)
    {
        _directory = directory;
        _tensors = tensors;
    }

    public IReadOnlyCollection<TensorEntry> Tensors => _tensors.Values;

    public static Checkpoint Open(string directory)
    {
        if (!Directory.Exists(directory))
            throw new EngineException($"{directory}: no such directory; a model directory holds config.json and *.safetensors");

        var index = Path.Combine(directory, "model.safetensors.index.json");
        var single = Path.Combine(directory, "model.safetensors");
        if (File.Exists(index))
            return new Checkpoint(directory, ReadShards(directory, index));
        if (!File.Exists(single))
            throw new EngineException($"{directory}: holds neither model.safetensors nor model.safetensors.index.json");
        return new Checkpoint(directory, SafetensorsHeader.Read(single).ToDictionary(t => t.Name, StringComparer.Ordinal));
    }

    public bool Has(string name) => _tensors.ContainsKey(name);

    public TensorEntry Find(string name) => _tensors.TryGetValue(name, out var entry)
        ? entry
        : throw new EngineException($"{_directory}: tensor '{name}' is missing");

    /// <summary>A vector [length] as float32.</summary>
    public float[] ReadVector(string name, int length)
    {
        var entry = Find(name);
        RequireShape(entry, length);
        var values = new float[length];
        TensorReader.Read(entry, values);
        return values;
    }

    /// <summary>A matrix [rows, columns] in the type it is stored in (float16 becomes float32).</summary>
    public Matrix ReadMatrix(string name, int rows, int columns) => ReadStacked(columns, (name, rows));

    /// <summary>
    /// Several matrices of the same input as one, below each other, so that one product serves them all. bfloat16 if all of them are.
    /// </summary>
    public unsafe Matrix ReadStacked(int columns, params ReadOnlySpan<(string Name, int Rows)> parts)
    {
        var type = WeightType.BFloat16;
        var rows = 0;
        foreach (var (name, partRows) in parts)
        {
            var entry = Find(name);
            RequireShape(entry, partRows, columns);
            if (TensorReader.TypeOf(entry) != WeightType.BFloat16)
                type = WeightType.Float32;
            rows += partRows;
        }

        var matrix = new Matrix(new NativeBuffer((long)rows * columns * Matrix.SizeOf(type)), type, rows, columns);
        var row = 0;
        foreach (var (name, partRows) in parts)
        {
            TensorReader.Read(Find(name), matrix, row, partRows);
            row += partRows;
        }

        return matrix;
    }

    /// <exception cref="EngineException">The tensor has another shape.</exception>
    public static void RequireShape(TensorEntry entry, params ReadOnlySpan<long> shape)
    {
        if (!entry.Shape.SequenceEqual(shape.ToArray()))
            throw new EngineException($"{entry.File}: tensor '{entry.Name}' has shape {entry.ShapeText}; config.json asks for [{string.Join(", ", shape.ToArray())}]");
    }

    private static Dictionary<string, TensorEntry> ReadShards(string directory, string index)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(index);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"{index}: cannot be read ({e.Message})", e);
        }

        using var document = JsonFields.ParseDocument(bytes, index);
        if (document.RootElement.ValueKind != JsonValueKind.Object
            || !document.RootElement.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
            throw new EngineException($"{index}: weight_map is missing; it names the shard of each tensor");

        var shards = new Dictionary<string, Dictionary<string, TensorEntry>>(StringComparer.Ordinal);
        var tensors = new Dictionary<string, TensorEntry>(StringComparer.Ordinal);
        foreach (var (name, file) in Entries(map, index))
        {
            if (file.Length == 0 || file != Path.GetFileName(file) || file is "." or "..")
                throw new EngineException($"{index}: '{name}' lies in '{file}'; right would be the name of a file in the same directory");
            if (!shards.TryGetValue(file, out var shard))
            {
                shard = SafetensorsHeader.Read(Path.Combine(directory, file)).ToDictionary(t => t.Name, StringComparer.Ordinal);
                shards.Add(file, shard);
            }

            tensors[name] = shard.TryGetValue(name, out var entry)
                ? entry
                : throw new EngineException($"{Path.Combine(directory, file)}: tensor '{name}' is missing, though {Path.GetFileName(index)} says it lies here");
        }

        return tensors;
    }

    private static List<(string Name, string File)> Entries(JsonElement map, string index)
    {
        try
        {
            return [.. map.EnumerateObject().Select(p => (p.Name, p.Value.GetString() ?? ""))];
        }
        catch (InvalidOperationException e)
        {
            throw new EngineException($"{index}: weight_map is corrupt; it maps names of tensors to names of files", e);
        }
    }
}
