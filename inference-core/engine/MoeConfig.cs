namespace InferenceCore.Engine;

/// <summary>Mixture of experts: which layers have one, how large, and how a token's experts are chosen.</summary>
internal sealed record MoeConfig
{
    /// <summary>Routed experts per layer (<c>n_routed_experts</c>).</summary>
    public required int Experts { get; init; }

    /// <summary><c>num_experts_per_tok</c>.</summary>
    public required int ExpertsPerToken { get; init; }

    /// <summary>Shared experts, which every token visits; they are stored as one of <c>SharedExperts * ExpertWidth</c>.</summary>
    public required int SharedExperts { get; init; }

    /// <summary><c>moe_intermediate_size</c>.</summary>
    public required int ExpertWidth { get; init; }

    /// <summary>Layers before this one are dense (<c>first_k_dense_replace</c>).</summary>
    public required int FirstMoeLayer { get; init; }

    /// <summary>From then on every n-th layer (by its absolute number) has experts (<c>moe_layer_freq</c>).</summary>
    public required int LayerFrequency { get; init; }

    public required RouterConfig Router { get; init; }

    public bool AppliesTo(int layer) => layer >= FirstMoeLayer && layer % LayerFrequency == 0;
}

/// <summary>How scores become a choice of experts and their weights.</summary>
internal sealed record RouterConfig
{
    public required RouterRule Rule { get; init; }

    /// <summary>Groups the experts fall into; 1 where groups do not limit.</summary>
    public required int Groups { get; init; }

    /// <summary>Groups a token may choose from.</summary>
    public required int GroupsPerToken { get; init; }

    /// <summary>The chosen weights are divided by their sum.</summary>
    public required bool NormalizeWeights { get; init; }

    public required float ScalingFactor { get; init; }
}

/// <summary><c>topk_method</c> with the scoring function it comes with.</summary>
internal enum RouterRule
{
    /// <summary>Softmax, the best over all experts (V2-Lite).</summary>
    SoftmaxGreedy,

    /// <summary>Softmax, the best within the groups whose best expert scores highest (V2).</summary>
    SoftmaxGroupLimited,

    /// <summary>Sigmoid; a bias takes part in the choice (of groups by their two best, then of experts) but not in the weights (V3, R1).</summary>
    SigmoidBiased,
}
