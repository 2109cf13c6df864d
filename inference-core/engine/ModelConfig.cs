namespace InferenceCore.Engine;

/// <summary>What config.json says about a model, in one shape for every family. Parsed by <see cref="ModelConfigReader"/>.</summary>
internal sealed record ModelConfig
{
    /// <summary><c>model_type</c> as the file has it: qwen2, llama, deepseek_v2 or deepseek_v3.</summary>
    public required string ModelType { get; init; }

    public required int HiddenWidth { get; init; }

    public required int Layers { get; init; }

    public required int Vocabulary { get; init; }

    /// <summary>Longest sequence (<c>max_position_embeddings</c>), prompt and answer together.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Width of a dense feed-forward layer (<c>intermediate_size</c>).</summary>
    public required int DenseWidth { get; init; }

    public required float NormEpsilon { get; init; }

    /// <summary>The output head is the embedding table.</summary>
    public required bool TiedEmbeddings { get; init; }

    /// <summary>gate_proj, up_proj and down_proj of dense layers have a bias (Llama's <c>mlp_bias</c>).</summary>
    public required bool BiasOnDense { get; init; }

    public required AttentionConfig Attention { get; init; }

    public required RopeConfig Rope { get; init; }

    /// <summary>Null: every layer is dense.</summary>
    public required MoeConfig? Moe { get; init; }

    /// <summary>Token that opens a text, if the file names one.</summary>
    public required int? BeginToken { get; init; }

    /// <summary>Tokens that end a text; empty if the file names none.</summary>
    public required IReadOnlyList<int> EndTokens { get; init; }

    public static ModelConfig Load(string modelDirectory) => ModelConfigReader.Load(modelDirectory);
}
