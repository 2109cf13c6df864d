namespace InferenceCore.Engine;

/// <summary>Where the heads of a layer find their keys and values in a cache row.</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="HeadsPerKey">Query heads that share one key and value.</param>
/// <param name="KeyWidth">Values of a key; key head h begins at h·KeyWidth.</param>
/// <param name="ValueOffset">Where the first value head begins.</param>
/// <param name="ValueWidth">Values of a value head.</param>
/// <param name="Scale">Factor on the scores before the softmax.</param>
internal readonly record struct AttentionShape(int Heads, int HeadsPerKey, int KeyWidth, int ValueOffset, int ValueWidth, float Scale)
{
    /// <summary>Key heads in a row.</summary>
    public int KeyHeads => Heads / HeadsPerKey;

    public static AttentionShape Of(ModelConfig config) => config.Attention switch
    {
        AttentionConfig.Grouped g => new(
            g.Heads, g.Heads / g.KeyValueHeads, g.HeadWidth, g.KeyValueHeads * g.HeadWidth, g.HeadWidth, (float)(1 / Math.Sqrt(g.HeadWidth))),

        // Absorbed: every head's key is the whole cache row [latent | rotated key], its value the latent.
        AttentionConfig.Latent l => new(l.Heads, l.Heads, l.LatentWidth + l.RopeWidth, 0, l.LatentWidth, LatentScale(l, config.Rope)),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    // The scale is that of the full key (plain and rotated part), times mscale² where YaRN stretches the context. Omitting mscale² or
    // applying it to cosine and sine instead are the two classic mistakes; at position 0 neither shows.
    private static float LatentScale(AttentionConfig.Latent l, RopeConfig rope)
    {
        var scale = 1 / Math.Sqrt(l.PlainWidth + l.RopeWidth);
        if (rope.Scaling is RopeScaling.Yarn { MscaleAllDim: { } all } yarn)
            scale *= Math.Pow(RopeTable.YarnMscale(yarn.Factor, all), 2);
        return (float)scale;
    }
}

/// <summary>One token of a step: whose it is and where in the sequence it stands.</summary>
internal readonly record struct TokenPlace(KvCache Cache, int Position);
