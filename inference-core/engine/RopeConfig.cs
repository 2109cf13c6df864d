namespace InferenceCore.Engine;

/// <summary>Rotary position embedding: base frequency, the scaling that stretches it, and which values form a pair.</summary>
internal sealed record RopeConfig
{
    public required double Theta { get; init; }

    /// <summary>True: pairs are (0,1), (2,3), … (DeepSeek). False: (0, d/2), (1, d/2+1), … (Llama, Qwen2).</summary>
    public required bool Interleaved { get; init; }

    public required RopeScaling Scaling { get; init; }
}

/// <summary><c>rope_type</c> of config.json with its own numbers.</summary>
internal abstract record RopeScaling
{
    private RopeScaling()
    {
    }

    internal sealed record Default : RopeScaling;

    internal sealed record Linear(double Factor) : RopeScaling;

    internal sealed record Llama3(double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalPositions) : RopeScaling;

    /// <summary>
    /// YaRN (arXiv 2309.00071). <see cref="MscaleAllDim"/> scales the softmax of latent attention by its square;
    /// the quotient of the two mscales scales cosine and sine (1.0 in every published DeepSeek checkpoint).
    /// </summary>
    internal sealed record Yarn(
        double Factor,
        int OriginalPositions,
        double BetaFast,
        double BetaSlow,
        double? Mscale,
        double? MscaleAllDim,
        double? AttentionFactor,
        bool Truncate) : RopeScaling;
}
