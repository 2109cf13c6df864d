namespace InferenceCore.Engine;

/// <summary>Buffers of the mixture of experts; T tokens, E experts, k experts per token.</summary>
internal sealed class ExpertState(int maxTokens, int hidden, MoeConfig moe)
{
    /// <summary>[T, E]: logits, then scores.</summary>
    public Activations Scores { get; } = new(maxTokens, moe.Experts);

    /// <summary>[E]: what the choice is made by.</summary>
    public float[] Choice { get; } = new float[moe.Experts];

    /// <summary>[groups].</summary>
    public float[] GroupScores { get; } = new float[moe.Router.Groups];

    /// <summary>[T, k]: experts of each token.</summary>
    public int[] Picks { get; } = new int[maxTokens * moe.ExpertsPerToken];

    /// <summary>[T, k].</summary>
    public float[] PickWeights { get; } = new float[maxTokens * moe.ExpertsPerToken];

    /// <summary>[T]: the tokens that visit the expert at hand, and with what weight.</summary>
    public int[] Visitors { get; } = new int[maxTokens];

    /// <summary>[T].</summary>
    public float[] VisitorWeights { get; } = new float[maxTokens];

    /// <summary>[T, H]: the visitors' inputs side by side.</summary>
    public Activations Inputs { get; } = new(maxTokens, hidden);

    /// <summary>[T, H]: the expert's answers.</summary>
    public Activations Outputs { get; } = new(maxTokens, hidden);
}
