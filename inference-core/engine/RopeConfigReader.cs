namespace InferenceCore.Engine;

/// <summary>The rotary part of config.json, in transformers 4's and 5's spelling.</summary>
internal static class RopeConfigReader
{
    private const string Supported = "default, linear, llama3 or yarn";

    public static RopeConfig Read(JsonFields fields, AttentionConfig attention, int maxPositions)
    {
        var parameters = fields.Object("rope_parameters") ?? fields.Object("rope_scaling");
        var theta = parameters is { } p && p.Has("rope_theta") ? p.Positive("rope_theta") : fields.Positive("rope_theta", 10000);
        if (theta <= 1)
            throw fields.Wrong("rope_theta", theta, "above 1");

        return new RopeConfig
        {
            Theta = theta,
            // DeepSeek-V3's configuration class has a switch for checkpoints whose rows somebody has permuted beforehand.
            Interleaved = attention is AttentionConfig.Latent && fields.Flag("rope_interleave", true),
            Scaling = parameters is { } given ? Scaling(given, maxPositions) : new RopeScaling.Default(),
        };
    }

    private static RopeScaling Scaling(JsonFields p, int maxPositions)
    {
        var type = p.Text("rope_type") ?? p.Text("type") ?? "default";
        return type switch
        {
            "default" => new RopeScaling.Default(),
            "linear" => new RopeScaling.Linear(p.Positive("factor")),
            "llama3" => new RopeScaling.Llama3(
                p.Positive("factor"),
                p.Positive("low_freq_factor"),
                p.Positive("high_freq_factor") is var high && high > p.Positive("low_freq_factor")
                    ? high
                    : throw p.Wrong("high_freq_factor", high, "above low_freq_factor"),
                p.Size("original_max_position_embeddings", 1 << 28)),
            "yarn" => Yarn(p, maxPositions),
            _ => throw p.Wrong("rope_type", type, Supported),
        };
    }

    private static RopeScaling.Yarn Yarn(JsonFields p, int maxPositions) => new(
        Factor: p.Positive("factor"),
        OriginalPositions: p.Size("original_max_position_embeddings", 1 << 28, maxPositions),
        BetaFast: p.Positive("beta_fast", 32),
        BetaSlow: p.Positive("beta_slow", 1),
        Mscale: Optional(p, "mscale"),
        MscaleAllDim: Optional(p, "mscale_all_dim"),
        AttentionFactor: p.Has("attention_factor") ? p.Positive("attention_factor") : null,
        Truncate: p.Flag("truncate", true));

    // Zero means the same as absent in both reference implementations.
    private static double? Optional(JsonFields p, string key) => p.Has(key) && p.Number(key) is var value && value != 0 ? value : null;
}
