namespace InferenceCore.Engine;

/// <summary>How many bytes a step has to read: the sketch that decode speed is held against.</summary>
internal static class WeightTraffic
{
    /// <summary>All weights in memory.</summary>
    public static long TotalBytes(EngineModel model)
    {
        var weights = model.Weights;
        var bytes = weights.Embedding.Bytes + (ReferenceEquals(weights.Head, weights.Embedding) ? 0 : weights.Head.Bytes) + Bytes(weights.FinalNorm);
        foreach (var layer in weights.Layers)
            bytes += Shared(layer) + (layer.FeedForward is FeedForwardWeights.Experts e ? e.Routed.Sum(Bytes) : 0);
        return bytes;
    }

    /// <summary>
    /// Weights that a decode step of <paramref name="batch"/> sequences reads once each. Of the routed experts it takes as many as that many tokens
    /// visit if each chooses at random; for one sequence that is exact.
    /// </summary>
    public static long BytesPerStep(EngineModel model, int batch)
    {
        var weights = model.Weights;
        var bytes = weights.Head.Bytes + Bytes(weights.FinalNorm) + (batch * weights.Embedding.Bytes / weights.Embedding.Rows);
        foreach (var layer in weights.Layers)
        {
            bytes += Shared(layer);
            if (layer.FeedForward is not FeedForwardWeights.Experts experts)
                continue;
            var chance = (double)model.Config.Moe!.ExpertsPerToken / experts.Routed.Length;
            var visited = experts.Routed.Length * (1 - Math.Pow(1 - chance, batch));
            bytes += (long)(visited * Bytes(experts.Routed[0]));
        }

        return bytes;
    }

    /// <summary>Cache that one decode step of one sequence reads at <paramref name="length"/> tokens.</summary>
    public static long CacheBytes(EngineModel model, int length) =>
        (long)model.Config.Layers * length * model.Config.Attention.CacheWidth * sizeof(float);

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
