namespace InferenceCore.Engine;

/// <summary>
/// The buffers of a step, made once; T = tokens a step may have. One step runs in it at a time. Shapes are named beside each buffer:
/// H hidden width, V vocabulary, E experts, I the widest inner width of a feed-forward part.
/// </summary>
internal sealed class RunState : IDisposable
{
    private readonly ComputePool _pool;

    /// <param name="model">Whose steps.</param>
    /// <param name="maxTokens">T: tokens of all sequences together in one step.</param>
    /// <param name="maxLogits">Rows of logits in one step; at least the number of sequences.</param>
    /// <param name="threads">Threads that compute, the caller included.</param>
    public RunState(EngineModel model, int maxTokens, int maxLogits, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLogits, 1);
        var config = model.Config;
        var hidden = config.HiddenWidth;
        MaxTokens = maxTokens;
        _pool = new ComputePool(threads);
        MatMul = new MatMul(_pool);
        Attention = new AttentionKernel(_pool, model.AttentionShape, config.MaxPositions);

        Places = new TokenPlace[maxTokens];
        Hidden = new Activations(maxTokens, hidden);
        Normed = new Activations(maxTokens, hidden);
        Projected = new Activations(maxTokens, hidden);
        Cosines = new Activations(maxTokens, model.Rope.Pairs);
        Sines = new Activations(maxTokens, model.Rope.Pairs);
        switch (config.Attention)
        {
            case AttentionConfig.Grouped g:
                Down = new Activations(maxTokens, (g.Heads + (2 * g.KeyValueHeads)) * g.HeadWidth);
                HeadOutputs = new Activations(maxTokens, g.Heads * g.HeadWidth);
                break;
            case AttentionConfig.Latent l:
                Down = new Activations(maxTokens, (l.QueryRank ?? (l.Heads * (l.PlainWidth + l.RopeWidth))) + l.LatentWidth + l.RopeWidth);
                HeadOutputs = new Activations(maxTokens, l.Heads * l.ValueWidth);
                Latent = new LatentState(maxTokens, l);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        var inner = Math.Max(config.DenseWidth, config.Moe is { } m ? Math.Max(1, m.SharedExperts) * m.ExpertWidth : 0);
        GateUp = new Activations(maxTokens, 2 * inner);
        Inner = new Activations(maxTokens, inner);
        if (config.Moe is { } moe)
            Experts = new ExpertState(maxTokens, hidden, moe);

        LogitInputs = new Activations(maxLogits, hidden);
        Logits = new Activations(maxLogits, config.Vocabulary);
    }

    /// <summary>T.</summary>
    public int MaxTokens { get; }

    /// <summary>Rows that <see cref="Logits"/> has room for.</summary>
    public int MaxLogits => Logits.Rows;

    /// <summary>Called after each half of a layer, by the thread that steps: the step is not stuck, however long it takes.</summary>
    public Action? Progress { get; init; }

    public MatMul MatMul { get; }

    public AttentionKernel Attention { get; }

    /// <summary>[T].</summary>
    public TokenPlace[] Places { get; }

    /// <summary>[T, H], the residual stream.</summary>
    public Activations Hidden { get; }

    /// <summary>[T, H], the residual after a norm.</summary>
    public Activations Normed { get; }

    /// <summary>[T, H], what attention or feed-forward adds to the residual.</summary>
    public Activations Projected { get; }

    /// <summary>[T, pairs].</summary>
    public Activations Cosines { get; }

    /// <summary>[T, pairs].</summary>
    public Activations Sines { get; }

    /// <summary>Grouped: q, k, v [T, (heads + 2·kv heads)·d]. Latent: query part and latent part [T, … + c + r].</summary>
    public Activations Down { get; }

    /// <summary>Null in a model with grouped queries.</summary>
    public LatentState? Latent { get; }

    /// <summary>[T, heads·value width].</summary>
    public Activations HeadOutputs { get; }

    /// <summary>[T, 2·I].</summary>
    public Activations GateUp { get; }

    /// <summary>[T, I].</summary>
    public Activations Inner { get; }

    /// <summary>Null in a model without experts.</summary>
    public ExpertState? Experts { get; }

    /// <summary>[L, H], the normed hidden states whose logits are wanted.</summary>
    public Activations LogitInputs { get; }

    /// <summary>[L, V], the result of a step.</summary>
    public Activations Logits { get; }

    public void Dispose() => _pool.Dispose();
}
