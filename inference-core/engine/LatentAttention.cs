namespace InferenceCore.Engine;

/// <summary>
/// Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434 §2.1) in its absorbed form, in prefill as in decode, so that both give the same
/// numbers: <c>run.Projected = f(run.Normed)</c>, [latent | rotated key] appended to the caches.
/// </summary>
internal static unsafe class LatentAttention
{
    // The inner norms do not follow rms_norm_eps: DeepSeek's own code and transformers both leave theirs at the default.
    private const float Epsilon = 1e-6f;

    public static void Apply(AttentionConfig.Latent a, AttentionWeights.Latent weights, EngineModel model, RunState run, int layer, int tokens)
    {
        var state = run.Latent!;
        run.MatMul.Multiply(weights.Down, run.Normed, run.Down, tokens);

        var queries = run.Down;
        if (weights.QueryUp is { } queryUp)
        {
            for (var token = 0; token < tokens; token++)
                Elementwise.RmsNorm(run.Down.Row(token), run.Down.Row(token), weights.QueryNorm, Epsilon);
            queries = state.Queries!;
            run.MatMul.Multiply(queryUp, run.Down.Row(0), run.Down.Stride, queries.Row(0), queries.Stride, tokens);
        }

        var latentStart = weights.Down.Weight.Rows - a.CacheWidth;
        for (var token = 0; token < tokens; token++)
        {
            var latent = run.Down.Row(token) + latentStart;
            var place = run.Places[token];
            var cached = place.Cache.Row(layer, place.Position);
            Elementwise.RmsNorm(latent, cached, weights.LatentNorm, Epsilon);
            new ReadOnlySpan<float>(latent + a.LatentWidth, a.RopeWidth).CopyTo(new Span<float>(cached + a.LatentWidth, a.RopeWidth));
            model.Rope.Rotate(cached + a.LatentWidth, run.Cosines.Row(token), run.Sines.Row(token));
        }

        AbsorbQueries(a, weights, model, run, queries, tokens);
        run.Attention.Attend(layer, run.Places, tokens, state.LatentQueries, state.Mix);
        for (var head = 0; head < a.Heads; head++)
        {
            run.MatMul.Multiply(
                weights.ValueUp[head],
                state.Mix.Row(0) + (head * a.LatentWidth), state.Mix.Stride,
                run.HeadOutputs.Row(0) + (head * a.ValueWidth), run.HeadOutputs.Stride,
                tokens);
        }

        run.MatMul.Multiply(weights.Output, run.HeadOutputs, run.Projected, tokens);
    }

    // Per head [plain | rotated] becomes [W_UKᵀ·plain | rotated].
    private static void AbsorbQueries(AttentionConfig.Latent a, AttentionWeights.Latent weights, EngineModel model, RunState run, Activations queries, int tokens)
    {
        var absorbed = run.Latent!.LatentQueries;
        var width = a.PlainWidth + a.RopeWidth;
        for (var head = 0; head < a.Heads; head++)
        {
            run.MatMul.Multiply(
                weights.KeyUp[head],
                queries.Row(0) + (head * width), queries.Stride,
                absorbed.Row(0) + (head * a.CacheWidth), absorbed.Stride,
                tokens);
            for (var token = 0; token < tokens; token++)
            {
                var rotated = absorbed.Row(token) + (head * a.CacheWidth) + a.LatentWidth;
                new ReadOnlySpan<float>(queries.Row(token) + (head * width) + a.PlainWidth, a.RopeWidth).CopyTo(new Span<float>(rotated, a.RopeWidth));
                model.Rope.Rotate(rotated, run.Cosines.Row(token), run.Sines.Row(token));
            }
        }
    }
}
