namespace InferenceCore.Engine;

/// <summary>How many bytes a step has to read: the sketch that decode speed is held against.</summary>
internal sealed record WeightTraffic
{
    /// <summary>All weights in memory.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>Weights that every step reads once, whatever its tokens: all but the embedding and the routed experts.</summary>
    public required long EveryStepBytes { get; init; }

    /// <summary>One token's row of the embedding.</summary>
    public required long EmbeddingRowBytes { get; init; }

    /// <summary>One routed expert in each layer that has any, together.</summary>
    public required long ExpertBytes { get; init; }

    /// <summary>Routed experts of a layer, and how many of them a token visits; 0 in a model without.</summary>
    public required int Experts { get; init; }

    public required int ExpertsPerToken { get; init; }

    /// <summary>What one token leaves in the caches of all layers.</summary>
    public required long CacheBytesPerToken { get; init; }

    /// <summary>
    /// Weights that a decode step of <paramref name="batch"/> sequences reads once each. Of the routed experts it takes as many as that many tokens
    /// visit if each chooses at random; for one sequence that is exact.
    /// </summary>
    public long BytesPerStep(int batch)
    {
        var visited = Experts == 0 ? 0 : Experts * (1 - Math.Pow(1 - ((double)ExpertsPerToken / Experts), batch));
        return EveryStepBytes + (batch * EmbeddingRowBytes) + (long)(visited * ExpertBytes);
    }

    /// <summary>Cache that one decode step of one sequence reads at <paramref name="length"/> tokens.</summary>
    public long CacheBytes(int length) => CacheBytesPerToken * length;

    /// <summary>An engine that holds matrices, the embedding among them, in one width, vectors in float32, and caches in another width.</summary>
    /// <param name="config">Says shapes.</param>
    /// <param name="weightBytes">Of one weight of a matrix.</param>
    /// <param name="cacheBytes">Of one value in a cache.</param>
    public static WeightTraffic Of(ModelConfig config, int weightBytes, int cacheBytes)
    {
        long total = 0, embedding = 0, routed = 0;
        foreach (var tensor in TensorPlan.Of(config))
        {
            var bytes = tensor.Elements * (tensor.Shape.Count == 1 ? sizeof(float) : weightBytes);
            total += bytes;
            if (tensor.Role == TensorRole.Embedding)
                embedding = bytes;
            else if (tensor.Name.Contains(".experts.", StringComparison.Ordinal))
                routed += bytes;
        }

        return new WeightTraffic
        {
            TotalBytes = total,
            // A tied embedding is the head as well, and every step reads it whole.
            EveryStepBytes = total - routed - (config.TiedEmbeddings ? 0 : embedding),
            EmbeddingRowBytes = embedding / config.Vocabulary,
            ExpertBytes = config.Moe is { } moe ? routed / moe.Experts : 0,
            Experts = config.Moe?.Experts ?? 0,
            ExpertsPerToken = config.Moe?.ExpertsPerToken ?? 0,
            CacheBytesPerToken = (long)config.Layers * config.Attention.CacheWidth * cacheBytes,
        };
    }

    /// <summary>A model in this machine's memory, as its weights lie there.</summary>
    public static WeightTraffic Of(EngineModel model)
    {
        var (weights, config) = (model.Weights, model.Config);
        var every = weights.Head.Bytes + Bytes(weights.FinalNorm);
        long experts = 0;
        foreach (var layer in weights.Layers)
        {
            every += Shared(layer);
            if (layer.FeedForward is FeedForwardWeights.Experts e)
                experts += e.Routed.Sum(Bytes);
        }

        return new WeightTraffic
        {
            TotalBytes = every + experts + (ReferenceEquals(weights.Head, weights.Embedding) ? 0 : weights.Embedding.Bytes),
            EveryStepBytes = every,
            EmbeddingRowBytes = weights.Embedding.Bytes / weights.Embedding.Rows,
            ExpertBytes = config.Moe is { } moe ? experts / moe.Experts : 0,
            Experts = config.Moe?.Experts ?? 0,
            ExpertsPerToken = config.Moe?.ExpertsPerToken ?? 0,
            CacheBytesPerToken = (long)config.Layers * config.Attention.CacheWidth * sizeof(float),
        };
    }

    // A layer without its routed experts.
    private static long Shared(LayerWeights layer) => Bytes(layer.AttentionNorm) + Bytes(layer.FeedForwardNorm)
        + layer.Attention switch
        {
            AttentionWeights.Grouped g => Bytes(g.QueryKeyValue) + Bytes(g.Output),
            AttentionWeights.Latent l => Bytes(l.Down) + (l.QueryUp?.Bytes ?? 0) + l.KeyUp.Sum(m => m.Bytes) + l.ValueUp.Sum(m => m.Bytes) + Bytes(l.Output),
            _ => throw new System.Diagnostics.UnreachableException(),
        }
        + layer.FeedForward switch
        {
            FeedForwardWeights.Dense d => Bytes(d),
            FeedForwardWeights.Experts e => e.Router.Bytes + (e.Shared is { } shared ? Bytes(shared) : 0),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    private static long Bytes(FeedForwardWeights.Dense dense) => Bytes(dense.GateUp) + Bytes(dense.Down);

    private static long Bytes(Linear linear) => linear.Weight.Bytes + (linear.Bias is { } bias ? Bytes(bias) : 0);

    private static long Bytes(float[] vector) => sizeof(float) * (long)vector.Length;
}
