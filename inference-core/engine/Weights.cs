namespace InferenceCore.Engine;

/// <summary>A projection: y = Weight·x + Bias.</summary>
internal sealed record Linear(Matrix Weight, float[]? Bias);

/// <summary>All weights of a model. H = hidden width, V = vocabulary.</summary>
internal sealed record Weights
{
    /// <summary>[V, H].</summary>
    public required Matrix Embedding { get; init; }

    public required LayerWeights[] Layers { get; init; }

    /// <summary>[H].</summary>
    public required float[] FinalNorm { get; init; }

    /// <summary>[V, H]; the embedding itself when tied.</summary>
    public required Matrix Head { get; init; }
}

internal sealed record LayerWeights
{
    /// <summary>[H], before attention.</summary>
    public required float[] AttentionNorm { get; init; }

    public required AttentionWeights Attention { get; init; }

    /// <summary>[H], before the feed-forward part.</summary>
    public required float[] FeedForwardNorm { get; init; }

    public required FeedForwardWeights FeedForward { get; init; }
}

internal abstract record AttentionWeights
{
    private AttentionWeights()
    {
    }

    /// <summary>Grouped queries; d = head width.</summary>
    internal sealed record Grouped : AttentionWeights
    {
        /// <summary>q, k and v below each other: [(heads + 2·kv heads)·d, H].</summary>
        public required Linear QueryKeyValue { get; init; }

        /// <summary>[H, heads·d].</summary>
        public required Linear Output { get; init; }
    }

    /// <summary>Latent attention; n = plain, r = rotated, v = value width of a head, c = latent width.</summary>
    internal sealed record Latent : AttentionWeights
    {
        /// <summary>
        /// What reads the hidden state, below each other: q_a_proj [rank, H] (or q_proj [heads·(n+r), H] without a rank), then
        /// kv_a_proj_with_mqa [c+r, H].
        /// </summary>
        public required Linear Down { get; init; }

        /// <summary>[rank]; null without a rank.</summary>
        public required float[]? QueryNorm { get; init; }

        /// <summary>q_b_proj [heads·(n+r), rank]; null without a rank.</summary>
        public required Matrix? QueryUp { get; init; }

        /// <summary>[c].</summary>
        public required float[] LatentNorm { get; init; }

        /// <summary>Per head the key half of kv_b_proj, transposed: [c, n]. It takes a query into the latent space.</summary>
        public required Matrix[] KeyUp { get; init; }

        /// <summary>Per head the value half of kv_b_proj: [v, c]. It takes a mix of latents to the head's output.</summary>
        public required Matrix[] ValueUp { get; init; }

        /// <summary>[H, heads·v].</summary>
        public required Linear Output { get; init; }
    }
}

internal abstract record FeedForwardWeights
{
    private FeedForwardWeights()
    {
    }

    /// <summary>down(silu(gate·x) · up·x); I = inner width.</summary>
    internal sealed record Dense : FeedForwardWeights
    {
        /// <summary>gate, then up: [2·I, H].</summary>
        public required Linear GateUp { get; init; }

        /// <summary>[H, I].</summary>
        public required Linear Down { get; init; }

        public int Width => Down.Weight.Columns;
    }

    internal sealed record Experts : FeedForwardWeights
    {
        /// <summary>[experts, H] in float32: the choice must not hang on rounding.</summary>
        public required Matrix Router { get; init; }

        /// <summary>e_score_correction_bias [experts]; null where the rule has none.</summary>
        public required float[]? ChoiceBias { get; init; }

        public required Dense[] Routed { get; init; }

        /// <summary>Null without shared experts.</summary>
        public required Dense? Shared { get; init; }
    }
}
