using InferenceCore.Scheduling;

namespace FastTests.Scheduling;

/// <summary>
/// The worker dies between any two messages, whatever is on its way in either direction, and every client gets the tokens of an undisturbed
/// run, each once and in order.
/// </summary>
public sealed class WorkerKillTests
{
    private const int Requests = 12;

    private static readonly Dictionary<int, (int[] Tokens, FinishReason? Finish)> Undisturbed = [];

    /// <summary>The simulations run hundreds of these.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_client_gets_the_tokens_of_an_undisturbed_run_wherever_the_worker_is_killed(int seed) => Run(seed);

    /// <returns>Workers killed.</returns>
    public static int Run(int seed)
    {
        var random = new Random(seed);
        using var pair = new EnginePair(new SchedulerOptions
        {
            MaxRunning = 1 + random.Next(6),
            PrefillChunk = 4 + random.Next(40),
            // Some runs hardly have room for one.
            CacheTokens = 64 * (3 + random.Next(12)),
            MaxFruitlessLives = int.MaxValue,
        }, endTokens: [11, 12, 13]);
        var open = new List<(int Index, Generation Generation, List<Piece> Pieces)>();
        var kills = 0;
        var next = 0;
        while (next < Requests || open.Exists(o => o.Pieces.LastOrDefault()?.Finish is null))
        {
            switch (random.Next(100))
            {
                case < 3 when kills < 40:
                    pair.KillWorker();
                    kills++;
                    break;
                case < 10 when next < Requests:
                    open.Add((next, pair.Journal.Submit(RequestOf(next))!, []));
                    next++;
                    break;
                case < 40:
                    pair.CarryOne();
                    break;
                case < 70:
                    pair.Compute();
                    break;
                default:
                    pair.HearOne();
                    break;
            }
            foreach (var (_, generation, pieces) in open)
                pieces.AddRange(EnginePair.Pieces(generation));
        }

        Assert.Equal(0, pair.Journal.Running + pair.Journal.Waiting);
        foreach (var (index, _, pieces) in open)
        {
            var (tokens, finish) = Expected(index);
            Assert.Equal(tokens, EnginePair.TokensOf(pieces));
            Assert.Equal(finish, pieces[^1].Finish);
        }
        return kills;
    }

    private static (int[] Tokens, FinishReason? Finish) Expected(int index)
    {
        if (!Undisturbed.TryGetValue(index, out var expected))
        {
            var pieces = EnginePair.Alone(RequestOf(index), [11, 12, 13]);
            Undisturbed[index] = expected = (EnginePair.TokensOf(pieces), pieces[^1].Finish);
        }
        return expected;
    }

    private static GenerationRequest RequestOf(int index) => EnginePair.Request(index, length: 3 + (index * 11 % 70), tokens: 5 + (index * 7 % 60), seed: (ulong)index, client: $"{index % 3}",
        sampling: new SamplingOptions
        {
            Seed = 0,
            Temperature = index % 4 == 0 ? 0 : 0.5f + (index / 10f),
            TopP = index % 3 == 0 ? 0.9f : 1,
            TopK = index % 5 == 0 ? 20 : 0,
            RepetitionPenalty = index % 2 == 0 ? 1.2f : 1,
            FrequencyPenalty = index % 3 == 1 ? 0.3f : 0,
            MinTokens = index % 4 == 1 ? 4 : 0,
        });
}
