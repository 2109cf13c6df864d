using InferenceCore.Engine;
using InferenceCore.Scheduling;
using InferenceCore.Tokenization;

namespace InferenceCore.Gateway;

/// <summary>Reads of a model directory what the gateway needs.</summary>
internal static class ModelLoader
{
    /// <summary>The model that ships with the program, beside it.</summary>
    public static string ShippedDirectory { get; } = Path.Combine(AppContext.BaseDirectory, "models", "field-guide");

    /// <summary>What clients call the model in <paramref name="directory"/>: the directory's name.</summary>
    public static string NameOf(string directory) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)));

    /// <summary>All but the weights, which are the worker's.</summary>
    /// <exception cref="EngineException">One line: what is wrong with which file.</exception>
    /// <exception cref="TokenizerException">The same of the tokenizer's files.</exception>
    public static ServedModel Load(string directory, string name, ModelConfig config)
    {
        var tokenizer = TextTokenizer.Load(directory);
        var generation = GenerationConfig.Load(directory);
        if (tokenizer is not null && tokenizer.HighestUsedId >= config.Vocabulary)
        {
            throw new TokenizerException($"{directory}: tokenizer.json names token {tokenizer.HighestUsedId}, but config.json's vocab_size is "
                + $"{config.Vocabulary}; they must belong to the same model");
        }
        var ends = new HashSet<int>(config.EndTokens.Concat(generation.EndTokens));
        if (tokenizer?.Config.EosToken is { } end && tokenizer.IdOf(end) is { } endId)
            ends.Add(endId);
        return new ServedModel(name, config, tokenizer, tokenizer is null ? null : ChatTemplate.Recognise(tokenizer.Config), ends)
        {
            Defaults = generation.Sampling,
            WeightsMark = MarkOf(directory),
        };
    }

    private static string MarkOf(string directory) => string.Join(';', new DirectoryInfo(directory).EnumerateFiles()
        .Where(f => f.Extension is ".safetensors" or ".json" && f.Name != KnownAnswerFile.FileName).OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => $"{f.Name}:{f.Length}"));
}
