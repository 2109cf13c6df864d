namespace InferenceCore.Engine;

/// <summary>Buffers of latent attention; T tokens, n plain, r rotated, c latent width.</summary>
internal sealed class LatentState(int maxTokens, AttentionConfig.Latent a)
{
    /// <summary>[T, heads·(n + r)]; null where q_proj writes them into <see cref="RunState.Down"/> in one step.</summary>
    public Activations? Queries { get; } = a.QueryRank is null ? null : new(maxTokens, a.Heads * (a.PlainWidth + a.RopeWidth));

    /// <summary>[T, heads·(c + r)]: queries taken into the latent space.</summary>
    public Activations LatentQueries { get; } = new(maxTokens, a.Heads * (a.LatentWidth + a.RopeWidth));

    /// <summary>[T, heads·c]: each head's mix of latents.</summary>
    public Activations Mix { get; } = new(maxTokens, a.Heads * a.LatentWidth);
}
