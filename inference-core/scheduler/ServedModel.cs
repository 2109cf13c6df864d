using InferenceCore.Engine;
using InferenceCore.Tokenization;

namespace InferenceCore.Scheduling;

/// <summary>A model as it is served: the engine's part and what turns text into tokens and back.</summary>
/// <param name="Name">What clients call it.</param>
/// <param name="Tokenizer">Null: only requests in tokens are served.</param>
/// <param name="Chat">Null: the model has no chat template we know, and chat requests are refused.</param>
/// <param name="EndTokens">Any of them ends an answer.</param>
internal sealed record ServedModel(string Name, EngineModel Engine, TextTokenizer? Tokenizer, ChatTemplate? Chat, IReadOnlySet<int> EndTokens)
{
    /// <summary>Prompt and answer together, tokens.</summary>
    public int ContextLength => Engine.Config.MaxPositions;

    /// <summary>What a request that says nothing of sampling gets: the model's own generation_config.json.</summary>
    public SamplingOptions Defaults { get; init; } = new() { Seed = 0 };

    /// <summary>Changes when the weights on disk do: names and sizes of the files.</summary>
    public string WeightsMark { get; init; } = "";

    public int Vocabulary => Engine.Config.Vocabulary;
}
