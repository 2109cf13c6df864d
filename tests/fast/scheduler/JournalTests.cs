using InferenceCore.Scheduling;

namespace FastTests.Scheduling;

/// <summary>Who gets in, who is given up, and that a worker's death is not seen from outside.</summary>
public sealed class JournalTests
{
    private static EnginePair Start(int maxRunning = 8, int maxWaiting = 64, int maxUnread = 1000, int maxFruitless = 3, int[]? endTokens = null) => new(new SchedulerOptions
    {
        MaxRunning = maxRunning,
        MaxWaiting = maxWaiting,
        MaxUnreadPieces = maxUnread,
        MaxFruitlessLives = maxFruitless,
    }, endTokens);

    private static GenerationRequest Request(int prompt, int tokens = 10, string client = "", int choices = 1) =>
        EnginePair.Request(prompt, tokens: tokens, client: client, choices: choices);

    [Fact]
    public void An_answer_goes_on_in_the_next_worker_with_the_very_next_token()
    {
        var request = EnginePair.Request(3, tokens: 20, seed: 9, sampling: new SamplingOptions
        {
            Seed = 0,
            RepetitionPenalty = 1.3f,
            FrequencyPenalty = 0.5f,
            TopP = 0.9f,
        });
        using var pair = Start();
        var generation = pair.Journal.Submit(request)!;
        for (var kill = 0; kill < 6; kill++)
        {
            for (var step = 0; step < 3; step++)
                pair.Step();
            pair.KillWorker();
        }
        pair.RunAll();
        Assert.Equal(EnginePair.TokensAlone(request), EnginePair.Tokens(generation));
    }

    [Fact]
    public void No_sequence_is_longer_than_what_the_worker_has_memory_for()
    {
        using var pair = Start();
        var before = pair.Journal.LongestSequence;
        pair.Journal.HasRoomFor(long.MaxValue);
        Assert.Equal(before, pair.Journal.LongestSequence);
        pair.Journal.HasRoomFor(64);
        Assert.Equal(64, pair.Journal.LongestSequence);
    }

    [Fact]
    public void What_began_before_a_worker_died_has_a_place_again_before_what_waited()
    {
        using var pair = Start(maxRunning: 2);
        var requests = Enumerable.Range(0, 5).Select(i => pair.Journal.Submit(Request(i, client: $"{i % 2}"))!).ToArray();
        pair.Step();
        Assert.Equal([1, 1, 0, 0, 0], requests.Select(g => EnginePair.Pieces(g).Count));
        pair.KillWorker();
        pair.Step();
        Assert.Equal([1, 1, 0, 0, 0], requests.Select(g => EnginePair.Pieces(g).Count));
    }

    [Fact]
    public void A_client_that_went_away_frees_its_place_at_the_next_step()
    {
        using var pair = Start(maxRunning: 1);
        var gone = pair.Journal.Submit(Request(1, tokens: 50))!;
        pair.Step();
        var waiting = pair.Journal.Submit(Request(2))!;
        Assert.Equal(1, pair.Journal.Waiting);
        gone.Cancel();
        pair.Step();
        Assert.Equal(0, pair.Journal.Waiting);
        Assert.Equal(1, pair.Journal.Metrics.Finished(FinishReason.Cancelled));
        pair.RunAll();
        Assert.Equal(10, EnginePair.Tokens(waiting).Length);
        Assert.Equal(0, pair.Journal.Running);
    }

    [Fact]
    public void Who_does_not_read_is_given_up_and_told_so()
    {
        using var pair = Start(maxUnread: 4);
        var generation = pair.Journal.Submit(Request(1, tokens: 50))!;
        pair.RunAll();
        var pieces = EnginePair.Pieces(generation);
        Assert.Equal(6, pieces.Count);
        Assert.Equal(FinishReason.Cancelled, pieces[^1].Finish);
        Assert.Equal(0, pair.Journal.Running);
    }

    [Fact]
    public void One_more_than_may_run_and_wait_is_refused_and_counted()
    {
        using var pair = Start(maxRunning: 2, maxWaiting: 1);
        for (var i = 0; i < 3; i++)
            Assert.NotNull(pair.Journal.Submit(Request(i)));
        Assert.Null(pair.Journal.Submit(Request(4)));
        Assert.Equal(1, pair.Journal.Metrics.Refused);
        pair.RunAll();
        Assert.NotNull(pair.Journal.Submit(Request(5)));
    }

    [Fact]
    public void A_request_that_several_workers_died_of_is_given_up_and_the_others_go_on()
    {
        using var pair = Start(maxRunning: 1, maxFruitless: 2);
        var deadly = pair.Journal.Submit(Request(1))!;
        var harmless = pair.Journal.Submit(Request(2))!;
        for (var life = 0; life < 2; life++)
        {
            Assert.Equal(0, pair.Journal.Metrics.Finished(FinishReason.Failed));
            // The worker takes it up, and dies before it has a token of it.
            pair.Journal.Take(new StepReport { Running = 1, Events = [new SequenceEvent.Started(deadly.FirstId, 0)] });
            pair.KillWorker();
        }
        Assert.Equal(FinishReason.Failed, Assert.Single(EnginePair.Pieces(deadly)).Finish);
        pair.RunAll();
        Assert.Equal(10, EnginePair.Tokens(harmless).Length);
    }

    [Fact]
    public void A_worker_that_skips_or_repeats_a_token_or_makes_one_up_is_not_believed()
    {
        using var pair = Start();
        var generation = pair.Journal.Submit(Request(1))!;
        pair.Step();
        foreach (var (index, token) in ((int, int)[])[(0, 5), (2, 5), (1, -1), (1, EnginePair.Engine.Config.Vocabulary)])
            Assert.Throws<JournalFault>(() => pair.Journal.Take(new StepReport { Events = [new SequenceEvent.Token(generation.FirstId, index, token, null)] }));
        pair.KillWorker();
        pair.RunAll();
        Assert.Equal(EnginePair.TokensAlone(Request(1)), EnginePair.Tokens(generation));
    }

    [Fact]
    public void No_answer_ends_before_the_least_number_of_tokens_asked_for()
    {
        // Every token but one ends the answer: without a minimum it is over at once.
        int[] ends = [.. Enumerable.Range(1, EnginePair.Engine.Config.Vocabulary - 1)];
        var request = Request(3, tokens: 20) with { Sampling = new SamplingOptions { Seed = 5, LogitBias = [(0, -5)] } };
        Assert.Equal(FinishReason.Stop, EnginePair.Alone(request, ends)[^1].Finish);
        Assert.Single(EnginePair.TokensOf(EnginePair.Alone(request, ends)));
        var longer = EnginePair.TokensOf(EnginePair.Alone(request with { Sampling = request.Sampling with { MinTokens = 7 } }, ends));
        Assert.Equal([0, 0, 0, 0, 0, 0, 0], longer[..7]);
        Assert.Equal(8, longer.Length);
    }
}
