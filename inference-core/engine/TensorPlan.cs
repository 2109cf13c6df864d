namespace InferenceCore.Engine;

/// <summary>A tensor that a checkpoint of a given config holds.</summary>
internal sealed record PlannedTensor(string Name, IReadOnlyList<int> Shape, TensorRole Role)
{
    public long Elements => Shape.Aggregate(1L, (product, d) => checked(product * d));
}

internal enum TensorRole
{
    Projection,
    Embedding,
    Norm,
    Bias,

    /// <summary>e_score_correction_bias: float32 whatever the rest is.</summary>
    ChoiceBias,
}

/// <summary>Every tensor a config asks for, in the order of the layers, under Hugging Face's names: what synth writes and verify looks for.</summary>
internal static class TensorPlan
{
    public static IEnumerable<PlannedTensor> Of(ModelConfig config)
    {
        yield return new("model.embed_tokens.weight", [config.Vocabulary, config.HiddenWidth], TensorRole.Embedding);
        for (var layer = 0; layer < config.Layers; layer++)
        {
            var prefix = $"model.layers.{layer}.";
            yield return Norm(prefix + "input_layernorm", config.HiddenWidth);
            foreach (var tensor in config.Attention switch
            {
                AttentionConfig.Grouped g => Grouped(config, g, prefix + "self_attn."),
                AttentionConfig.Latent l => Latent(config, l, prefix + "self_attn."),
                _ => throw new System.Diagnostics.UnreachableException(),
            })
            {
                yield return tensor;
            }

            yield return Norm(prefix + "post_attention_layernorm", config.HiddenWidth);
            foreach (var tensor in config.Moe is { } moe && moe.AppliesTo(layer)
                ? Experts(config, moe, prefix + "mlp.")
                : Dense(config, config.DenseWidth, config.BiasOnDense, prefix + "mlp."))
            {
                yield return tensor;
            }
        }

        yield return Norm("model.norm", config.HiddenWidth);
        if (!config.TiedEmbeddings)
            yield return new("lm_head.weight", [config.Vocabulary, config.HiddenWidth], TensorRole.Projection);
    }

    private static IEnumerable<PlannedTensor> Grouped(ModelConfig config, AttentionConfig.Grouped a, string prefix)
    {
        var (query, key) = (a.Heads * a.HeadWidth, a.KeyValueHeads * a.HeadWidth);
        return
        [
            .. Linear(prefix + "q_proj", query, config.HiddenWidth, a.BiasOnQueryKeyValue),
            .. Linear(prefix + "k_proj", key, config.HiddenWidth, a.BiasOnQueryKeyValue),
            .. Linear(prefix + "v_proj", key, config.HiddenWidth, a.BiasOnQueryKeyValue),
            .. Linear(prefix + "o_proj", config.HiddenWidth, query, a.BiasOnOutput),
        ];
    }

    private static IEnumerable<PlannedTensor> Latent(ModelConfig config, AttentionConfig.Latent a, string prefix)
    {
        var query = a.Heads * (a.PlainWidth + a.RopeWidth);
        return
        [
            .. a.QueryRank is { } rank
                ? [
                    .. Linear(prefix + "q_a_proj", rank, config.HiddenWidth, a.Bias),
                    Norm(prefix + "q_a_layernorm", rank),
                    .. Linear(prefix + "q_b_proj", query, rank, false),
                ]
                : Linear(prefix + "q_proj", query, config.HiddenWidth, false),
            .. Linear(prefix + "kv_a_proj_with_mqa", a.LatentWidth + a.RopeWidth, config.HiddenWidth, a.Bias),
            Norm(prefix + "kv_a_layernorm", a.LatentWidth),
            .. Linear(prefix + "kv_b_proj", a.Heads * (a.PlainWidth + a.ValueWidth), a.LatentWidth, false),
            .. Linear(prefix + "o_proj", config.HiddenWidth, a.Heads * a.ValueWidth, a.Bias),
        ];
    }

    private static IEnumerable<PlannedTensor> Experts(ModelConfig config, MoeConfig moe, string prefix)
    {
        yield return new(prefix + "gate.weight", [moe.Experts, config.HiddenWidth], TensorRole.Projection);
        if (moe.Router.Rule == RouterRule.SigmoidBiased)
            yield return new(prefix + "gate.e_score_correction_bias", [moe.Experts], TensorRole.ChoiceBias);
        for (var expert = 0; expert < moe.Experts; expert++)
        {
            foreach (var tensor in Dense(config, moe.ExpertWidth, false, $"{prefix}experts.{expert}."))
                yield return tensor;
        }

        if (moe.SharedExperts == 0)
            yield break;
        foreach (var tensor in Dense(config, moe.SharedExperts * moe.ExpertWidth, false, prefix + "shared_experts."))
            yield return tensor;
    }

    private static IEnumerable<PlannedTensor> Dense(ModelConfig config, int width, bool bias, string prefix) =>
    [
        .. Linear(prefix + "gate_proj", width, config.HiddenWidth, bias),
        .. Linear(prefix + "up_proj", width, config.HiddenWidth, bias),
        .. Linear(prefix + "down_proj", config.HiddenWidth, width, bias),
    ];

    private static IEnumerable<PlannedTensor> Linear(string name, int outputs, int inputs, bool bias)
    {
        yield return new(name + ".weight", [outputs, inputs], TensorRole.Projection);
        if (bias)
            yield return new(name + ".bias", [outputs], TensorRole.Bias);
    }

    private static PlannedTensor Norm(string name, int width) => new(name + ".weight", [width], TensorRole.Norm);
}
