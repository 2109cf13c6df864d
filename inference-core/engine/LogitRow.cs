namespace InferenceCore.Engine;

/// <summary>What the model says after one token.</summary>
/// <param name="Sequence">Which of the sequences, from 0.</param>
/// <param name="Position">Where in it the token stands, from 0.</param>
/// <param name="Values">[V].</param>
internal sealed record LogitRow(int Sequence, int Position, float[] Values)
{
    /// <summary>What an engine has to make room for so that <see cref="Compute"/> can do this.</summary>
    public static ForwardOptions RoomFor(IReadOnlyList<int[]> sequences, int stepTokens)
    {
        var tokens = sequences.Sum(s => Math.Min(stepTokens, s.Length));
        return new ForwardOptions
        {
            MaxTokens = tokens,
            MaxLogits = tokens,
            MaxSequences = sequences.Count,
            CacheBlocks = sequences.Sum(s => KvCache.BlocksFor(s.Length)),
            Threads = Environment.ProcessorCount,
        };
    }

    /// <summary>
    /// The rows of sequences that go through the engine side by side, sequence by sequence, positions ascending. How the tokens are cut into
    /// steps changes no bit of them; that it can be chosen is what lets a test see it.
    /// </summary>
    /// <param name="forward">With the room that <see cref="RoomFor"/> says.</param>
    /// <param name="sequences">Each at least one token.</param>
    /// <param name="stepTokens">Tokens of a sequence in one step at most.</param>
    /// <param name="positions">Those wanted; null for all. A sequence that is too short for one has no row for it.</param>
    /// <exception cref="EngineException">A token is not in the vocabulary, or a sequence is longer than the model takes.</exception>
    public static List<LogitRow> Compute(IForward forward, IReadOnlyList<int[]> sequences, int stepTokens, IReadOnlySet<int>? positions)
    {
        var caches = sequences.Select(_ => new KvCache(forward.Config, pool: forward.Pool)).ToArray();
        var rows = new List<LogitRow>();
        for (var done = 0; done < sequences.Max(s => s.Length); done += stepTokens)
        {
            var batch = new List<SequenceStep>();
            var wanted = new List<(int Row, int Sequence, int Position)>();
            var row = 0;
            for (var s = 0; s < sequences.Count; s++)
            {
                if (done >= sequences[s].Length)
                    continue;
                var piece = sequences[s].AsMemory(done, Math.Min(stepTokens, sequences[s].Length - done));
                var before = wanted.Count;
                for (var i = 0; i < piece.Length; i++)
                {
                    if (positions is null || positions.Contains(done + i))
                        wanted.Add((row + i, s, done + i));
                }

                var any = wanted.Count > before;
                row += any ? piece.Length : 0;
                batch.Add(new SequenceStep(caches[s], piece, any ? LogitsOf.All : LogitsOf.None));
            }

            forward.Step([.. batch]);
            forward.Fetch([.. wanted.Select(w => w.Row)]);
            rows.AddRange(wanted.Select(w => new LogitRow(w.Sequence, w.Position, forward.Logits(w.Row).ToArray())));
        }

        return [.. rows.OrderBy(r => r.Sequence).ThenBy(r => r.Position)];
    }
}
