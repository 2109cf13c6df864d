namespace InferenceCore.Engine;

/// <summary>
/// Chooses each token's experts and their weights. Ties go to the lower number. Experts outside the chosen groups are masked with −∞ as in
/// DeepSeek's own code (transformers masks with 0, which differs where a biased score is negative).
/// </summary>
internal static unsafe class Router
{
    // DeepSeek-V3 adds it to the sum it divides by.
    private const float SumFloor = 1e-20f;

    /// <param name="moe">Sizes and rule.</param>
    /// <param name="weights">Router matrix and bias.</param>
    /// <param name="state">Where scores, picks and weights go.</param>
    /// <param name="inputs">[tokens, H].</param>
    /// <param name="tokens">How many.</param>
    /// <param name="matMul">Products.</param>
    public static void Choose(MoeConfig moe, FeedForwardWeights.Experts weights, ExpertState state, Activations inputs, int tokens, MatMul matMul)
    {
        matMul.Multiply(weights.Router, inputs.Row(0), inputs.Stride, state.Scores.Row(0), state.Scores.Stride, tokens);
        for (var token = 0; token < tokens; token++)
        {
            var scores = state.Scores.Span(token);
            var choice = state.Choice.AsSpan();
            if (moe.Router.Rule == RouterRule.SigmoidBiased)
            {
                for (var e = 0; e < scores.Length; e++)
                {
                    scores[e] = 1f / (1f + MathF.Exp(-scores[e]));
                    choice[e] = scores[e] + weights.ChoiceBias![e];
                }
            }
            else
            {
                Softmax(scores);
                scores.CopyTo(choice);
            }

            if (moe.Router.Groups > 1)
                LimitToGroups(moe.Router, choice, state.GroupScores);
            Pick(moe, scores, choice, state, token);
        }
    }

    private static void Softmax(Span<float> scores)
    {
        var max = float.NegativeInfinity;
        foreach (var score in scores)
            max = MathF.Max(max, score);
        var sum = 0f;
        for (var e = 0; e < scores.Length; e++)
        {
            scores[e] = MathF.Exp(scores[e] - max);
            sum += scores[e];
        }

        for (var e = 0; e < scores.Length; e++)
            scores[e] /= sum;
    }

    private static void LimitToGroups(RouterConfig router, Span<float> choice, Span<float> groupScores)
    {
        var size = choice.Length / router.Groups;
        for (var group = 0; group < router.Groups; group++)
        {
            float best = float.NegativeInfinity, second = float.NegativeInfinity;
            foreach (var score in choice.Slice(group * size, size))
            {
                if (score > best)
                    (best, second) = (score, best);
                else if (score > second)
                    second = score;
            }

            groupScores[group] = router.Rule == RouterRule.SigmoidBiased ? best + second : best;
        }

        for (var kept = 0; kept < router.GroupsPerToken; kept++)
            groupScores[Largest(groupScores)] = float.NaN;
        for (var group = 0; group < router.Groups; group++)
        {
            if (!float.IsNaN(groupScores[group]))
                choice.Slice(group * size, size).Fill(float.NegativeInfinity);
        }
    }

    private static void Pick(MoeConfig moe, ReadOnlySpan<float> scores, Span<float> choice, ExpertState state, int token)
    {
        var picks = state.Picks.AsSpan(token * moe.ExpertsPerToken, moe.ExpertsPerToken);
        var pickWeights = state.PickWeights.AsSpan(token * moe.ExpertsPerToken, moe.ExpertsPerToken);
        var sum = 0f;
        for (var k = 0; k < picks.Length; k++)
        {
            picks[k] = Largest(choice);
            choice[picks[k]] = float.NaN;
            pickWeights[k] = scores[picks[k]];
            sum += pickWeights[k];
        }

        var factor = moe.Router.ScalingFactor / (moe.Router.NormalizeWeights ? sum + SumFloor : 1f);
        for (var k = 0; k < picks.Length; k++)
            pickWeights[k] *= factor;
    }

    // NaN marks what is taken: it is larger than nothing.
    private static int Largest(ReadOnlySpan<float> values)
    {
        var best = -1;
        for (var i = 0; i < values.Length; i++)
        {
            if (!float.IsNaN(values[i]) && (best < 0 || values[i] > values[best]))
                best = i;
        }

        return best;
    }
}
