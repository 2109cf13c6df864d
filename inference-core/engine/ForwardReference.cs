namespace InferenceCore.Engine;

/// <summary>
/// The forward pass in float32 on the CPU: the specification of every faster path. A step takes the next tokens of any number of sequences.
/// A sequence's logits are bitwise the same alone or in a batch, and whether its prompt comes in one step or in pieces.
/// </summary>
internal static unsafe class ForwardReference
{
    /// <summary>
    /// Runs one step. The logits lie in <c>run.Logits</c> from row 0 on, sequence by sequence in the order given; the number of rows is returned.
    /// The caches grow by the tokens given, or not at all if the step fails.
    /// </summary>
    /// <exception cref="EngineException">A token is not in the vocabulary, or a sequence would become too long.</exception>
    /// <exception cref="ArgumentException">More tokens or logits than <paramref name="run"/> has room for.</exception>
    public static int Step(EngineModel model, RunState run, ReadOnlySpan<SequenceStep> batch)
    {
        var tokens = Place(model, run, batch);
        for (var layer = 0; layer < model.Config.Layers; layer++)
            Layer(model, run, layer, tokens);

        var rows = Logits(model, run, batch);
        foreach (var sequence in batch)
            sequence.Cache.Commit(sequence.Cache.Length + sequence.Tokens.Length);
        GC.KeepAlive(model);
        return rows;
    }

    // Checks the batch, embeds its tokens into run.Hidden and notes where each stands.
    private static int Place(EngineModel model, RunState run, ReadOnlySpan<SequenceStep> batch)
    {
        var config = model.Config;
        var row = 0;
        foreach (var sequence in batch)
        {
            if (sequence.Tokens.IsEmpty)
                throw new ArgumentException("Each sequence of a step has at least one token.", nameof(batch));
            if (row + sequence.Tokens.Length > run.MaxTokens)
                throw new ArgumentException($"A step has at most {run.MaxTokens} tokens.", nameof(batch));

            var position = sequence.Cache.Length;
            sequence.Cache.Reserve(position + sequence.Tokens.Length);
            foreach (var token in sequence.Tokens.Span)
            {
                if (token < 0 || token >= config.Vocabulary)
                    throw new EngineException($"token {token} is not in the vocabulary; right would be 0..{config.Vocabulary - 1}");
                model.Weights.Embedding.CopyRow(token, run.Hidden.Span(row));
                model.Rope.Fill(position, run.Cosines.Row(row), run.Sines.Row(row));
                run.Places[row++] = new TokenPlace(sequence.Cache, position++);
            }
        }

        return row;
    }

    private static void Layer(EngineModel model, RunState run, int layer, int tokens)
    {
        var config = model.Config;
        var weights = model.Weights.Layers[layer];

        Norm(run, weights.AttentionNorm, config.NormEpsilon, tokens);
        switch (config.Attention, weights.Attention)
        {
            case (AttentionConfig.Grouped a, AttentionWeights.Grouped w):
                GroupedAttention.Apply(a, w, model, run, layer, tokens);
                break;
            case (AttentionConfig.Latent a, AttentionWeights.Latent w):
                LatentAttention.Apply(a, w, model, run, layer, tokens);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        AddProjected(run, tokens);
        run.Progress?.Invoke();
        Norm(run, weights.FeedForwardNorm, config.NormEpsilon, tokens);
        FeedForward.Apply(config, weights.FeedForward, run, tokens);
        AddProjected(run, tokens);
        run.Progress?.Invoke();
    }

    private static int Logits(EngineModel model, RunState run, ReadOnlySpan<SequenceStep> batch)
    {
        var rows = 0;
        var row = 0;
        foreach (var sequence in batch)
        {
            var last = row + sequence.Tokens.Length;
            var first = sequence.Logits switch
            {
                LogitsOf.None => last,
                LogitsOf.Last => last - 1,
                LogitsOf.All => row,
                _ => throw new System.Diagnostics.UnreachableException(),
            };
            if (rows + last - first > run.MaxLogits)
                throw new ArgumentException($"A step has at most {run.MaxLogits} rows of logits.", nameof(batch));
            for (; first < last; first++)
                Elementwise.RmsNorm(run.Hidden.Row(first), run.LogitInputs.Row(rows++), model.Weights.FinalNorm, model.Config.NormEpsilon);
            row = last;
        }

        var head = model.Weights.Head;
        run.MatMul.Multiply(head, run.LogitInputs.Row(0), run.LogitInputs.Stride, run.Logits.Row(0), run.Logits.Stride, rows);
        return rows;
    }

    private static void Norm(RunState run, float[] weight, float epsilon, int tokens)
    {
        for (var token = 0; token < tokens; token++)
            Elementwise.RmsNorm(run.Hidden.Row(token), run.Normed.Row(token), weight, epsilon);
    }

    private static void AddProjected(RunState run, int tokens)
    {
        for (var token = 0; token < tokens; token++)
            Elementwise.Add(run.Hidden.Span(token), run.Projected.Span(token));
    }
}
