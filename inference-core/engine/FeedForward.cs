namespace InferenceCore.Engine;

/// <summary>The feed-forward part of a layer: <c>run.Projected = f(run.Normed)</c>.</summary>
internal static unsafe class FeedForward
{
    public static void Apply(ModelConfig config, FeedForwardWeights weights, RunState run, int tokens)
    {
        switch (weights)
        {
            case FeedForwardWeights.Dense dense:
                Apply(dense, run, run.Normed, run.Projected, tokens);
                break;
            case FeedForwardWeights.Experts experts:
                Apply(config.Moe!, experts, run, run.Experts!, tokens);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static void Apply(FeedForwardWeights.Dense weights, RunState run, Activations inputs, Activations outputs, int tokens)
    {
        run.MatMul.Multiply(weights.GateUp, inputs, run.GateUp, tokens);
        for (var token = 0; token < tokens; token++)
        {
            var gate = run.GateUp.Row(token);
            Elementwise.SwiGlu(gate, gate + weights.Width, run.Inner.Row(token), weights.Width);
        }

        run.MatMul.Multiply(weights.Down, run.Inner, outputs, tokens);
    }

    // Experts are visited in ascending order, each with all its tokens at once: its weights are read once per step, and a token's sum has the
    // same order whatever else is in the step.
    private static void Apply(MoeConfig moe, FeedForwardWeights.Experts weights, RunState run, ExpertState state, int tokens)
    {
        Router.Choose(moe, weights, state, run.Normed, tokens, run.MatMul);
        for (var token = 0; token < tokens; token++)
            run.Projected.Span(token).Clear();

        for (var expert = 0; expert < moe.Experts; expert++)
        {
            var visitors = Gather(moe, state, run.Normed, expert, tokens);
            if (visitors == 0)
                continue;
            Apply(weights.Routed[expert], run, state.Inputs, state.Outputs, visitors);
            for (var v = 0; v < visitors; v++)
                Elementwise.AddScaled(run.Projected.Span(state.Visitors[v]), state.Outputs.Span(v), state.VisitorWeights[v]);
        }

        if (weights.Shared is not { } shared)
            return;
        Apply(shared, run, run.Normed, state.Outputs, tokens);
        for (var token = 0; token < tokens; token++)
            Elementwise.Add(run.Projected.Span(token), state.Outputs.Span(token));
    }

    private static int Gather(MoeConfig moe, ExpertState state, Activations inputs, int expert, int tokens)
    {
        var visitors = 0;
        for (var pick = 0; pick < tokens * moe.ExpertsPerToken; pick++)
        {
            if (state.Picks[pick] != expert)
                continue;
            var token = pick / moe.ExpertsPerToken;
            inputs.Span(token).CopyTo(state.Inputs.Span(visitors));
            state.Visitors[visitors] = token;
            state.VisitorWeights[visitors++] = state.PickWeights[pick];
        }

        return visitors;
    }
}
