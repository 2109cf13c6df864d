namespace InferenceCore.Engine;

/// <summary>Attention of Qwen2 and Llama: <c>run.Projected = f(run.Normed)</c>, keys and values appended to the caches.</summary>
internal static unsafe class GroupedAttention
{
    public static void Apply(AttentionConfig.Grouped a, AttentionWeights.Grouped weights, EngineModel model, RunState run, int layer, int tokens)
    {
        run.MatMul.Multiply(weights.QueryKeyValue, run.Normed, run.Down, tokens);

        var keyStart = a.Heads * a.HeadWidth;
        for (var token = 0; token < tokens; token++)
        {
            var row = run.Down.Row(token);
            for (var head = 0; head < a.Heads + a.KeyValueHeads; head++)
                model.Rope.Rotate(row + (head * a.HeadWidth), run.Cosines.Row(token), run.Sines.Row(token));

            // Keys and values lie beside each other in the product as they do in the cache.
            var place = run.Places[token];
            new ReadOnlySpan<float>(row + keyStart, a.CacheWidth).CopyTo(new Span<float>(place.Cache.Row(layer, place.Position), a.CacheWidth));
        }

        run.Attention.Attend(layer, run.Places, tokens, run.Down, run.HeadOutputs);
        run.MatMul.Multiply(weights.Output, run.HeadOutputs, run.Projected, tokens);
    }
}
