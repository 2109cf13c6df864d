using InferenceCore.Engine;

namespace InferenceCore.Cuda;

/// <summary>
/// Where every weight of a model lies in one piece of device memory, the arena: made from config.json alone, so that memory can be taken, filled
/// and summed up without a checkpoint.
/// </summary>
internal sealed class CudaLayout
{
    private const int Alignment = 1024;

    private readonly List<Placement> _placements = [];

    public CudaLayout(ModelConfig config)
    {
        if (config.BiasOnDense)
            throw new EngineException("the CUDA engine has no bias in feed-forward layers (mlp_bias); right would be device cpu");
        Config = config;
        var (hidden, vocabulary) = (config.HiddenWidth, config.Vocabulary);
        const string EmbeddingName = "model.embed_tokens.weight";
        Embedding = Plain(EmbeddingName, [vocabulary, hidden], WeightForm.BFloat16);
        Head = Reserve(vocabulary, hidden);
        PlaceRows(config.TiedEmbeddings ? EmbeddingName : "lm_head.weight", Head, 0, vocabulary);
        FinalNorm = Plain("model.norm.weight", [hidden], WeightForm.Float32);
        Layers = [.. Enumerable.Range(0, config.Layers).Select(Layer)];
    }

    public ModelConfig Config { get; }

    public long Bytes { get; private set; }

    public IReadOnlyList<Placement> Placements => _placements;

    /// <summary>bfloat16 [V, H].</summary>
    public long Embedding { get; }

    public CudaMatrix Head { get; }

    public long FinalNorm { get; }

    public CudaLayer[] Layers { get; }

    private CudaLayer Layer(int index)
    {
        var (hidden, prefix) = (Config.HiddenWidth, $"model.layers.{index}.");
        var layer = Config.Attention switch
        {
            AttentionConfig.Grouped grouped => Grouped(grouped, prefix),
            AttentionConfig.Latent latent => Latent(latent, prefix),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        return Config.Moe is { } moe && moe.AppliesTo(index)
            ? Experts(moe, layer, prefix + "mlp.")
            : layer with { GateUp = GateUp(Config.DenseWidth, 1, prefix + "mlp."), FeedForwardDown = PlaceRows(prefix + "mlp.down_proj.weight", Reserve(hidden, Config.DenseWidth), 0, hidden) };
    }

    private CudaLayer Grouped(AttentionConfig.Grouped a, string prefix)
    {
        var (hidden, queries, keys, self) = (Config.HiddenWidth, a.Heads * a.HeadWidth, a.KeyValueHeads * a.HeadWidth, prefix + "self_attn.");
        (string Name, int Rows)[] parts = [("q_proj", queries), ("k_proj", keys), ("v_proj", keys)];
        return new CudaLayer
        {
            AttentionNorm = Plain(prefix + "input_layernorm.weight", [hidden], WeightForm.Float32),
            Down = Stack(self, hidden, parts),
            DownBias = a.BiasOnQueryKeyValue ? Biases(self, parts) : 0,
            Output = PlaceRows(self + "o_proj.weight", Reserve(hidden, queries), 0, hidden),
            OutputBias = a.BiasOnOutput ? Biases(self, [("o_proj", hidden)]) : 0,
            FeedForwardNorm = Plain(prefix + "post_attention_layernorm.weight", [hidden], WeightForm.Float32),
            GateUp = default,
            FeedForwardDown = default,
        };
    }

    private CudaLayer Latent(AttentionConfig.Latent a, string prefix)
    {
        var (hidden, self) = (Config.HiddenWidth, prefix + "self_attn.");
        var queries = a.Heads * (a.PlainWidth + a.RopeWidth);
        (string Name, int Rows)[] parts = [a.QueryRank is { } rank ? ("q_a_proj", rank) : ("q_proj", queries), ("kv_a_proj_with_mqa", a.LatentWidth + a.RopeWidth)];
        if (a.Bias)
            throw new EngineException("the CUDA engine has no bias in latent attention (attention_bias); right would be device cpu");
        return new CudaLayer
        {
            AttentionNorm = Plain(prefix + "input_layernorm.weight", [hidden], WeightForm.Float32),
            Down = Stack(self, hidden, parts),
            QueryNorm = a.QueryRank is { } width ? Plain(self + "q_a_layernorm.weight", [width], WeightForm.Float32) : 0,
            QueryUp = a.QueryRank is { } inner ? PlaceRows(self + "q_b_proj.weight", Reserve(queries, inner), 0, queries) : null,
            LatentNorm = Plain(self + "kv_a_layernorm.weight", [a.LatentWidth], WeightForm.Float32),
            LatentUp = Plain(self + "kv_b_proj.weight", [a.Heads * (a.PlainWidth + a.ValueWidth), a.LatentWidth], WeightForm.BFloat16),
            Output = PlaceRows(self + "o_proj.weight", Reserve(hidden, a.Heads * a.ValueWidth), 0, hidden),
            FeedForwardNorm = Plain(prefix + "post_attention_layernorm.weight", [hidden], WeightForm.Float32),
            GateUp = default,
            FeedForwardDown = default,
        };
    }

    // Shared experts are stored as one wide one; here they are as many as they were, beside the routed ones: a sum over the inner width either way.
    private CudaLayer Experts(MoeConfig moe, CudaLayer layer, string prefix)
    {
        var (hidden, width, all) = (Config.HiddenWidth, moe.ExpertWidth, moe.Experts + moe.SharedExperts);
        if (width % CudaMatrix.SlabInputs != 0)
            throw new EngineException($"the CUDA engine takes experts whose width is a multiple of {CudaMatrix.SlabInputs}, not {width}");
        var gateUp = GateUp(width, all, null);
        var down = Reserve(hidden, width, all);
        for (var e = 0; e < all; e++)
        {
            var shared = e - moe.Experts;
            var name = shared < 0 ? $"{prefix}experts.{e}." : prefix + "shared_experts.";
            var (skip, whole) = shared < 0 ? (0, width) : (shared * width, moe.SharedExperts * width);
            var offset = gateUp.Offset + (e * gateUp.Bytes);
            foreach (var (part, form) in new[] { ("gate_proj", WeightForm.GateTiles), ("up_proj", WeightForm.UpTiles) })
                _placements.Add(new Placement($"{name}{part}.weight", [whole, hidden], form, offset, 0, gateUp.Depth, skip, width, 0, hidden));
            _placements.Add(new Placement(
                $"{name}down_proj.weight", [hidden, whole], WeightForm.Tiles, down.Offset + (e * down.Bytes), 0, down.Depth, 0, hidden, skip, width));
        }

        return layer with
        {
            HasExperts = true,
            GateUp = gateUp,
            FeedForwardDown = down,
            Router = Plain(prefix + "gate.weight", [moe.Experts, hidden], WeightForm.Float32),
            RouterBias = moe.Router.Rule == RouterRule.SigmoidBiased ? Plain(prefix + "gate.e_score_correction_bias", [moe.Experts], WeightForm.Float32) : 0,
        };
    }

    private CudaMatrix GateUp(int width, int copies, string? prefix)
    {
        var matrix = Reserve(2 * width, Config.HiddenWidth, copies);
        if (width % 8 != 0)
            throw new EngineException($"the CUDA engine takes a feed-forward width that is a multiple of 8, not {width}");
        if (prefix is null)
            return matrix;
        foreach (var (part, form) in new[] { ("gate_proj", WeightForm.GateTiles), ("up_proj", WeightForm.UpTiles) })
        {
            _placements.Add(new Placement(
                $"{prefix}{part}.weight", [width, Config.HiddenWidth], form, matrix.Offset, 0, matrix.Depth, 0, width, 0, Config.HiddenWidth));
        }

        return matrix;
    }

    private CudaMatrix Stack(string prefix, int inputs, (string Name, int Rows)[] parts)
    {
        var matrix = Reserve(parts.Sum(p => p.Rows), inputs);
        var row = 0;
        foreach (var (name, rows) in parts)
        {
            PlaceRows($"{prefix}{name}.weight", matrix, row, rows);
            row += rows;
        }

        return matrix;
    }

    private long Biases(string prefix, (string Name, int Rows)[] parts)
    {
        var offset = Take(4L * CudaMatrix.PaddedOutputs(parts.Sum(p => p.Rows)));
        var at = offset;
        foreach (var (name, rows) in parts)
        {
            _placements.Add(new Placement($"{prefix}{name}.bias", [rows], WeightForm.Float32, at, 0, 0, 0, 1, 0, rows));
            at += 4L * rows;
        }

        return offset;
    }

    private CudaMatrix PlaceRows(string name, CudaMatrix matrix, int firstRow, int rows)
    {
        _placements.Add(new Placement(name, [rows, matrix.Inputs], WeightForm.Tiles, matrix.Offset, firstRow, matrix.Depth, 0, rows, 0, matrix.Inputs));
        return matrix;
    }

    private long Plain(string name, long[] shape, WeightForm form)
    {
        var count = shape.Aggregate(1L, (a, b) => a * b);
        var offset = Take(count * (form == WeightForm.Float32 ? 4 : 2));
        var rows = shape.Length == 1 ? 1 : (int)shape[0];
        _placements.Add(new Placement(name, shape, form, offset, 0, 0, 0, rows, 0, (int)shape[^1]));
        return offset;
    }

    private CudaMatrix Reserve(int outputs, int inputs, int copies = 1)
    {
        if (inputs % 8 != 0)
            throw new EngineException($"the CUDA engine takes widths that are multiples of 8, not {inputs}");
        var matrix = new CudaMatrix(Bytes, CudaMatrix.PaddedOutputs(outputs), inputs);
        Take(copies * matrix.Bytes);
        return matrix;
    }

    private long Take(long bytes)
    {
        var offset = Bytes;
        Bytes += (bytes + Alignment - 1) / Alignment * Alignment;
        return offset;
    }
}
