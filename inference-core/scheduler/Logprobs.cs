namespace InferenceCore.Scheduling;

/// <summary>Log probabilities from logits.</summary>
internal static class Logprobs
{
    /// <summary>What the model thought of <paramref name="token"/> and of the <paramref name="top"/> likeliest tokens.</summary>
    public static TokenLogprob Of(ReadOnlySpan<float> logits, int token, int top)
    {
        var normalizer = LogSumExp(logits);
        return new TokenLogprob(token, (float)(logits[token] - normalizer), Best(logits, top, normalizer));
    }

    private static double LogSumExp(ReadOnlySpan<float> logits)
    {
        var max = float.NegativeInfinity;
        foreach (var logit in logits)
            max = Math.Max(max, logit);
        var sum = 0.0;
        foreach (var logit in logits)
            sum += Math.Exp(logit - (double)max);
        return max + Math.Log(sum);
    }

    private static (int Token, float Logprob)[] Best(ReadOnlySpan<float> logits, int top, double normalizer)
    {
        // Insertion into a short sorted list: top is at most 20 and almost every logit fails the first comparison.
        var best = new List<(int Token, float Logit)>(top + 1);
        for (var token = 0; top > 0 && token < logits.Length; token++)
        {
            if (best.Count == top && logits[token] <= best[^1].Logit)
                continue;
            var at = best.Count;
            while (at > 0 && best[at - 1].Logit < logits[token])
                at--;
            best.Insert(at, (token, logits[token]));
            if (best.Count > top)
                best.RemoveAt(top);
        }
        return [.. best.Select(b => (b.Token, (float)(b.Logit - normalizer)))];
    }
}
