using System.Runtime.ExceptionServices;

namespace InferenceCore.Engine;

/// <summary>Finds the tensors that a config asks for under the names Hugging Face gives them.</summary>
internal static class WeightsReader
{
    public static Weights Read(ModelConfig config, Checkpoint checkpoint, Action? progress = null)
    {
        var hidden = config.HiddenWidth;
        Matrix? embedding = null, head = null;
        var layers = new LayerWeights[config.Layers];
        InParallel(config.Layers + 2, part =>
        {
            if (part == 0)
                embedding = checkpoint.ReadMatrix("model.embed_tokens.weight", config.Vocabulary, hidden);
            else if (part > 1)
                layers[part - 2] = ReadLayer(config, checkpoint, part - 2);
            else if (!config.TiedEmbeddings)
                head = checkpoint.ReadMatrix("lm_head.weight", config.Vocabulary, hidden);
            progress?.Invoke();
        });
        return new Weights
        {
            Embedding = embedding!,
            Layers = layers,
            FinalNorm = checkpoint.ReadVector("model.norm.weight", hidden),
            Head = head ?? embedding!,
        };
    }

    // Reading is copying, checking and reordering: it is the processor that limits it, not the disk's cache.
    private static void InParallel(int parts, Action<int> read)
    {
        try
        {
            Parallel.For(0, parts, read);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    private static LayerWeights ReadLayer(ModelConfig config, Checkpoint checkpoint, int layer)
    {
        var prefix = $"model.layers.{layer}.";
        return new LayerWeights
        {
            AttentionNorm = checkpoint.ReadVector(prefix + "input_layernorm.weight", config.HiddenWidth),
            Attention = config.Attention switch
            {
                AttentionConfig.Grouped grouped => ReadGrouped(config, grouped, checkpoint, prefix + "self_attn."),
                AttentionConfig.Latent latent => ReadLatent(config, latent, checkpoint, prefix + "self_attn."),
                _ => throw new System.Diagnostics.UnreachableException(),
            },
            FeedForwardNorm = checkpoint.ReadVector(prefix + "post_attention_layernorm.weight", config.HiddenWidth),
            FeedForward = config.Moe is { } moe && moe.AppliesTo(layer)
                ? ReadExperts(config, moe, checkpoint, prefix + "mlp.")
                : ReadDense(config, config.DenseWidth, config.BiasOnDense, checkpoint, prefix + "mlp."),
        };
    }

    private static AttentionWeights.Grouped ReadGrouped(ModelConfig config, AttentionConfig.Grouped a, Checkpoint checkpoint, string prefix)
    {
        var queryRows = a.Heads * a.HeadWidth;
        var keyRows = a.KeyValueHeads * a.HeadWidth;
        return new AttentionWeights.Grouped
        {
            QueryKeyValue = ReadLinear(checkpoint, config.HiddenWidth, a.BiasOnQueryKeyValue,
                (prefix + "q_proj", queryRows), (prefix + "k_proj", keyRows), (prefix + "v_proj", keyRows)),
            Output = ReadLinear(checkpoint, queryRows, a.BiasOnOutput, (prefix + "o_proj", config.HiddenWidth)),
        };
    }

    private static AttentionWeights.Latent ReadLatent(ModelConfig config, AttentionConfig.Latent a, Checkpoint checkpoint, string prefix)
    {
        var queryRows = a.Heads * (a.PlainWidth + a.RopeWidth);
        (string Name, int Rows) query = a.QueryRank is { } rank ? (prefix + "q_a_proj", rank) : (prefix + "q_proj", queryRows);
        var (keyUp, valueUp) = LatentUp.Split(
            checkpoint.ReadMatrix(prefix + "kv_b_proj.weight", a.Heads * (a.PlainWidth + a.ValueWidth), a.LatentWidth), a);
        return new AttentionWeights.Latent
        {
            // q_proj never has a bias, q_a_proj has one with attention_bias: as in both reference implementations.
            Down = ReadLinear(checkpoint, config.HiddenWidth,
                [query, (prefix + "kv_a_proj_with_mqa", a.LatentWidth + a.RopeWidth)], [a.Bias && a.QueryRank is not null, a.Bias]),
            QueryNorm = a.QueryRank is { } width ? checkpoint.ReadVector(prefix + "q_a_layernorm.weight", width) : null,
            QueryUp = a.QueryRank is { } inner ? checkpoint.ReadMatrix(prefix + "q_b_proj.weight", queryRows, inner) : null,
            LatentNorm = checkpoint.ReadVector(prefix + "kv_a_layernorm.weight", a.LatentWidth),
            KeyUp = keyUp,
            ValueUp = valueUp,
            Output = ReadLinear(checkpoint, a.Heads * a.ValueWidth, a.Bias, (prefix + "o_proj", config.HiddenWidth)),
        };
    }

    private static FeedForwardWeights.Experts ReadExperts(ModelConfig config, MoeConfig moe, Checkpoint checkpoint, string prefix) => new()
    {
        Router = ReadRouter(checkpoint, prefix + "gate.weight", moe.Experts, config.HiddenWidth),
        ChoiceBias = moe.Router.Rule == RouterRule.SigmoidBiased
            ? checkpoint.ReadVector(prefix + "gate.e_score_correction_bias", moe.Experts)
            : null,
        Routed = [.. Enumerable.Range(0, moe.Experts).Select(e => ReadDense(config, moe.ExpertWidth, false, checkpoint, $"{prefix}experts.{e}."))],
        Shared = moe.SharedExperts == 0
            ? null
            : ReadDense(config, checked(moe.SharedExperts * moe.ExpertWidth), false, checkpoint, prefix + "shared_experts."),
    };

    private static unsafe Matrix ReadRouter(Checkpoint checkpoint, string name, int experts, int hidden)
    {
        var stored = checkpoint.ReadMatrix(name, experts, hidden);
        if (stored.Type == WeightType.Float32)
            return stored;
        var wide = new Matrix(new NativeBuffer(4L * experts * hidden), WeightType.Float32, experts, hidden);
        for (var row = 0; row < experts; row++)
            stored.CopyRow(row, new Span<float>(wide.Row(row), hidden));
        return wide;
    }

    private static FeedForwardWeights.Dense ReadDense(ModelConfig config, int width, bool bias, Checkpoint checkpoint, string prefix) => new()
    {
        GateUp = ReadLinear(checkpoint, config.HiddenWidth, bias, (prefix + "gate_proj", width), (prefix + "up_proj", width)),
        Down = ReadLinear(checkpoint, width, bias, (prefix + "down_proj", config.HiddenWidth)),
    };

    private static Linear ReadLinear(Checkpoint checkpoint, int columns, bool bias, params ReadOnlySpan<(string Name, int Rows)> parts)
    {
        var biases = new bool[parts.Length];
        Array.Fill(biases, bias);
        return ReadLinear(checkpoint, columns, parts, biases);
    }

    private static Linear ReadLinear(Checkpoint checkpoint, int columns, ReadOnlySpan<(string Name, int Rows)> parts, ReadOnlySpan<bool> biases)
    {
        var names = new (string Name, int Rows)[parts.Length];
        for (var i = 0; i < parts.Length; i++)
            names[i] = (parts[i].Name + ".weight", parts[i].Rows);
        var weight = checkpoint.ReadStacked(columns, names);
        if (!biases.Contains(true))
            return new Linear(weight, null);

        var bias = new float[weight.Rows];
        var row = 0;
        for (var i = 0; i < parts.Length; i++)
        {
            if (biases[i])
                checkpoint.ReadVector(parts[i].Name + ".bias", parts[i].Rows).CopyTo(bias, row);
            row += parts[i].Rows;
        }

        return new Linear(weight, bias);
    }
}
