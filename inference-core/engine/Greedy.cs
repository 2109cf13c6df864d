namespace InferenceCore.Engine;

/// <summary>The likeliest token; of equals the lowest.</summary>
internal static class Greedy
{
    public static int Pick(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var token = 1; token < logits.Length; token++)
        {
            if (logits[token] > logits[best])
                best = token;
        }

        return best;
    }
}
