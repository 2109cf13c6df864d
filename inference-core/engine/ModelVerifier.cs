namespace InferenceCore.Engine;

/// <summary>
/// Looks a model directory over, from the outside in: configuration, structure of the files, hashes, shapes, values. Each check throws an
/// <see cref="EngineException"/> that says what is wrong and where, or returns a line that says what it found.
/// </summary>
internal static class ModelVerifier
{
    /// <summary>The checks in their order. Later ones rely on the earlier ones having passed.</summary>
    public static IEnumerable<(string Name, Func<string> Check)> Checks(string directory)
    {
        ModelConfig? config = null;
        Checkpoint? checkpoint = null;
        yield return ("config", () => Describe(config = ModelConfig.Load(directory)));
        yield return ("files", () => Describe(checkpoint = Checkpoint.Open(directory)));
        yield return ("hashes", () => CheckHashes(directory, checkpoint!));
        yield return ("shapes", () => CheckShapes(config!, checkpoint!, directory));
        yield return ("values", () => CheckValues(config!, checkpoint!));
    }

    /// <summary>Loads the model where it is to run and computes a token.</summary>
    public static string CheckEngine(string directory, string device)
    {
        using var forward = ForwardLoader.Load(directory, device, new ForwardOptions { MaxTokens = 1, MaxLogits = 1, MaxSequences = 1, CacheBlocks = 1 });
        var first = forward.Config.BeginToken is { } begin && begin < forward.Config.Vocabulary ? begin : 0;
        forward.Step([new SequenceStep(new KvCache(forward.Config, pool: forward.Pool), new[] { first }, LogitsOf.Last)]);
        return forward.Finite(0)
            ? $"{forward.Traffic.TotalBytes / 1e6:F1} MB of weights on {device}, token {forward.Best(0)} follows token {first}"
            : throw new EngineException($"{directory}: the model's first token is not a finite number on {device}; its weights are damaged or not of this architecture");
    }

    /// <summary>Hashes of the files that were listed, or of all of them where none were, and of the blocks of those with weights.</summary>
    public static string WriteHashes(string directory)
    {
        var names = HashList.Open(directory) is { } list
            ? list.Files.Select(f => f.Name)
            : new DirectoryInfo(directory).EnumerateFiles().Select(f => f.Name).Where(name => !name.StartsWith('.'));
        var files = names.Where(name => name is not (HashList.FileName or HashList.BlocksName)).ToList();
        HashList.Write(directory, files);
        return $"{files.Count} files in {HashList.FileName}, their blocks in {HashList.BlocksName}";
    }

    private static string Describe(ModelConfig config) =>
        $"{config.ModelType}, {config.Layers} layers, hidden {config.HiddenWidth}, vocabulary {config.Vocabulary}, up to {config.MaxPositions} positions";

    private static string Describe(Checkpoint checkpoint) =>
        $"{checkpoint.Tensors.Count} tensors in {checkpoint.Tensors.Select(t => t.File).Distinct().Count()} files, {checkpoint.Tensors.Sum(t => t.Bytes) / 1e6:F1} MB";

    private static string CheckHashes(string directory, Checkpoint checkpoint)
    {
        if (HashList.Open(directory) is not { } list)
            return "no SHA256SUMS, so nothing to compare with";

        foreach (var (hash, name) in list.Files)
            list.Check(name, hash);
        foreach (var shard in checkpoint.Tensors.Select(t => Path.GetFileName(t.File)).Distinct())
        {
            if (list.HashOf(shard) is null)
                throw new EngineException($"{list.Path}: does not list '{shard}', which holds weights");
        }

        return $"{list.Files.Count} files as SHA256SUMS says";
    }

    private static string CheckShapes(ModelConfig config, Checkpoint checkpoint, string directory)
    {
        var planned = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in TensorPlan.Of(config))
        {
            planned.Add(tensor.Name);
            var entry = checkpoint.Find(tensor.Name);
            if (!entry.Shape.SequenceEqual(tensor.Shape.Select(d => (long)d)))
                throw new EngineException($"{entry.File}: tensor '{tensor.Name}' has shape {entry.ShapeText}; config.json asks for [{string.Join(", ", tensor.Shape)}]");
            TensorReader.TypeOf(entry);
        }

        var unused = checkpoint.Tensors.Count(t => !planned.Contains(t.Name));
        return $"{planned.Count} tensors as config.json asks" + (unused > 0 ? $", {unused} more that the engine does not use" : "");
    }

    private static string CheckValues(ModelConfig config, Checkpoint checkpoint)
    {
        var elements = 0L;
        var buffer = new float[1 << 18];
        foreach (var tensor in TensorPlan.Of(config))
        {
            elements += tensor.Elements;
            TensorReader.Scan(checkpoint.Find(tensor.Name), buffer);
        }

        return $"{elements / 1e6:F1} million weights, all finite";
    }
}
