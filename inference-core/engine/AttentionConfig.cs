namespace InferenceCore.Engine;

/// <summary>How a layer attends. The KV cache holds <see cref="CacheWidth"/> float32 per token and layer.</summary>
internal abstract record AttentionConfig
{
    private AttentionConfig()
    {
    }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Values that one token leaves in the cache of one layer.</summary>
    public abstract int CacheWidth { get; }

    /// <summary>Values of a head that are rotated.</summary>
    public abstract int RotatedWidth { get; }

    /// <summary>Grouped queries (Qwen2, Llama): <c>Heads / KeyValueHeads</c> query heads share one key and value head.</summary>
    internal sealed record Grouped : AttentionConfig
    {
        public required int KeyValueHeads { get; init; }

        public required int HeadWidth { get; init; }

        /// <summary>q_proj, k_proj and v_proj have a bias (Qwen2; Llama with <c>attention_bias</c>).</summary>
        public required bool BiasOnQueryKeyValue { get; init; }

        /// <summary>o_proj has a bias (Llama with <c>attention_bias</c>).</summary>
        public required bool BiasOnOutput { get; init; }

        public override int CacheWidth => 2 * KeyValueHeads * HeadWidth;

        public override int RotatedWidth => HeadWidth;
    }

    /// <summary>Multi-head latent attention (DeepSeek-V2, V3, R1): one latent and one rotated key per token for all heads.</summary>
    internal sealed record Latent : AttentionConfig
    {
        /// <summary>Rank of the query's two-step projection; null projects in one step (<c>q_lora_rank: null</c>).</summary>
        public required int? QueryRank { get; init; }

        /// <summary><c>kv_lora_rank</c>.</summary>
        public required int LatentWidth { get; init; }

        /// <summary><c>qk_nope_head_dim</c>.</summary>
        public required int PlainWidth { get; init; }

        /// <summary><c>qk_rope_head_dim</c>.</summary>
        public required int RopeWidth { get; init; }

        /// <summary><c>v_head_dim</c>.</summary>
        public required int ValueWidth { get; init; }

        /// <summary>q_a_proj, kv_a_proj_with_mqa and o_proj have a bias (<c>attention_bias</c>).</summary>
        public required bool Bias { get; init; }

        public override int CacheWidth => LatentWidth + RopeWidth;

        public override int RotatedWidth => RopeWidth;
    }
}
