using InferenceCore.Engine;
using InferenceCore.Scheduling;
using InferenceCore.Tokenization;

namespace InferenceCore.Gateway;

/// <summary>Reads a model directory into what is served.</summary>
internal static class ModelLoader
{
    /// <summary>The model that ships with the program, beside it.</summary>
    public static string ShippedDirectory { get; } = Path.Combine(AppContext.BaseDirectory, "models", "field-guide");

    /// <summary>What clients call the model in <paramref name="directory"/>: the directory's name.</summary>
    public static string NameOf(string directory) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)));

    /// <exception cref="EngineException">One line: what is wrong with which file.</exception>
    /// <exception cref="TokenizerException">The same of the tokenizer's files.</exception>
    public static ServedModel Load(string directory, string name, string device)
    {
        // The two have nothing to do with each other, and each takes its time with a large model.
        var tokenizerTask = Task.Run(() => TextTokenizer.Load(directory));
        var engine = EngineModel.Load(directory, device);
        var tokenizer = tokenizerTask.GetAwaiter().GetResult();
        var generation = GenerationConfig.Load(directory);
        if (tokenizer is not null && tokenizer.HighestUsedId >= engine.Config.Vocabulary)
        {
            throw new TokenizerException($"{directory}: tokenizer.json names token {tokenizer.HighestUsedId}, but config.json's vocab_size is "
                + $"{engine.Config.Vocabulary}; they must belong to the same model");
        }
        var ends = new HashSet<int>(engine.Config.EndTokens.Concat(generation.EndTokens));
        if (tokenizer?.Config.EosToken is { } end && tokenizer.IdOf(end) is { } endId)
            ends.Add(endId);
        return new ServedModel(name, engine, tokenizer, tokenizer is null ? null : ChatTemplate.Recognise(tokenizer.Config), ends)
        {
            Defaults = generation.Sampling,
            WeightsMark = MarkOf(directory),
        };
    }

    private static string MarkOf(string directory) => string.Join(';', new DirectoryInfo(directory).EnumerateFiles()
        .Where(f => f.Extension is ".safetensors" or ".json").OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => $"{f.Name}:{f.Length}"));
}
