namespace InferenceCore.Engine;

/// <summary>What the model says after one token.</summary>
/// <param name="Sequence">Which of the sequences, from 0.</param>
/// <param name="Position">Where in it the token stands, from 0.</param>
/// <param name="Values">[V].</param>
internal sealed record LogitRow(int Sequence, int Position, float[] Values)
{
    /// <summary>
    /// The rows of sequences that go through the engine side by side, sequence by sequence, positions ascending. How the tokens are cut into
    /// steps changes no bit of them; that it can be chosen is what lets a test see it.
    /// </summary>
    /// <param name="model">Whose logits.</param>
    /// <param name="sequences">Each at least one token.</param>
    /// <param name="stepTokens">Tokens of a sequence in one step at most.</param>
    /// <param name="positions">Those wanted; null for all. A sequence that is too short for one has no row for it.</param>
    /// <exception cref="EngineException">A token is not in the vocabulary, or a sequence is longer than the model takes.</exception>
    public static List<LogitRow> Compute(EngineModel model, IReadOnlyList<int[]> sequences, int stepTokens, IReadOnlySet<int>? positions)
    {
        var tokens = sequences.Sum(s => Math.Min(stepTokens, s.Length));
        using var run = new RunState(model, tokens, tokens, Environment.ProcessorCount);
        var caches = sequences.Select(_ => new KvCache(model.Config)).ToArray();
        var rows = new List<LogitRow>();
        var batch = new List<(int Sequence, int First, SequenceStep Step)>();
        for (var done = 0; done < sequences.Max(s => s.Length); done += stepTokens)
        {
            batch.Clear();
            for (var s = 0; s < sequences.Count; s++)
            {
                if (done >= sequences[s].Length)
                    continue;
                var piece = sequences[s].AsMemory(done, Math.Min(stepTokens, sequences[s].Length - done));
                var wanted = positions is null || positions.Any(p => p >= done && p < done + piece.Length);
                batch.Add((s, done, new SequenceStep(caches[s], piece, wanted ? LogitsOf.All : LogitsOf.None)));
            }

            ForwardReference.Step(model, run, [.. batch.Select(b => b.Step)]);
            Collect(run, batch, positions, rows);
        }

        return [.. rows.OrderBy(r => r.Sequence).ThenBy(r => r.Position)];
    }

    private static void Collect(RunState run, List<(int Sequence, int First, SequenceStep Step)> batch, IReadOnlySet<int>? positions, List<LogitRow> rows)
    {
        var row = 0;
        foreach (var (sequence, first, step) in batch)
        {
            if (step.Logits == LogitsOf.None)
                continue;
            for (var position = first; position < first + step.Tokens.Length; position++, row++)
            {
                if (positions is null || positions.Contains(position))
                    rows.Add(new LogitRow(sequence, position, run.Logits.Span(row).ToArray()));
            }
        }
    }
}
