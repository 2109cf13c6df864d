using InferenceCore.Engine;
using InferenceCore.Tokenization;

namespace InferenceCore.Scheduling;

/// <summary>A model as it is served: what turns text into tokens and back, and the facts of the engine's part. The weights are the worker's.</summary>
/// <param name="Name">What clients call it.</param>
/// <param name="Config">Of the model that the worker loads.</param>
/// <param name="Tokenizer">Null: only requests in tokens are served.</param>
/// <param name="Chat">Null: the model has no chat template we know, and chat requests are refused.</param>
/// <param name="EndTokens">Any of them ends an answer.</param>
internal sealed record ServedModel(string Name, ModelConfig Config, TextTokenizer? Tokenizer, ChatTemplate? Chat, IReadOnlySet<int> EndTokens)
{
    /// <summary>Prompt and answer together, tokens.</summary>
    public int ContextLength => Config.MaxPositions;

    /// <summary>What a request that says nothing of sampling gets: the model's own generation_config.json.</summary>
    public SamplingOptions Defaults { get; init; } = new() { Seed = 0 };

    /// <summary>Changes when the weights on disk do: names and sizes of the files.</summary>
    public string WeightsMark { get; init; } = "";

    public int Vocabulary => Config.Vocabulary;
}
