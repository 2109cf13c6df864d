using FastTests.Engine;
using InferenceCore.Engine;
using InferenceCore.Scheduling;
using Microsoft.Extensions.Time.Testing;

namespace FastTests.Scheduling;

/// <summary>The scheduler stepped by hand over a tiny real checkpoint; its answers are token ids.</summary>
public sealed class SchedulerTests
{
    private static readonly EngineModel Engine = GoldenModel.Open("deepseek_v3").Engine;

    private static Scheduler Start(int maxRunning = 8, int maxWaiting = 64, int chunk = 64, long cacheTokens = 1 << 16, int maxUnread = 1000) => new(
        new ServedModel("tiny", Engine, Tokenizer: null, Chat: null, new HashSet<int>()),
        new SchedulerOptions { MaxRunning = maxRunning, MaxWaiting = maxWaiting, PrefillChunk = chunk, CacheTokens = cacheTokens, MaxUnreadPieces = maxUnread },
        threads: 1, new FakeTimeProvider(), wake: () => { });

    private static GenerationRequest Request(int prompt, int length = 6, int tokens = 10, ulong seed = 1, string client = "", int choices = 1) => new()
    {
        Prompt = [.. Enumerable.Range(0, length).Select(i => (int)((prompt * 7919L + i * 104729L) % Engine.Config.Vocabulary))],
        MaxTokens = tokens,
        Sampling = new SamplingOptions { Seed = seed },
        Client = client,
        Choices = choices,
    };

    private static int[] Tokens(Generation generation, int choice = 0)
    {
        var tokens = new List<int>();
        while (generation.Pieces.TryRead(out var piece))
        {
            if (piece.Choice == choice)
                tokens.AddRange(piece.Tokens);
        }
        return [.. tokens];
    }

    private static void RunAll(Scheduler scheduler)
    {
        while (scheduler.Step())
        {
        }
    }

    private static int[] Alone(GenerationRequest request)
    {
        using var scheduler = Start();
        var generation = scheduler.Submit(request)!;
        RunAll(scheduler);
        return Tokens(generation);
    }

    [Fact]
    public void An_answer_does_not_depend_on_its_neighbours_or_on_how_its_prompt_is_cut()
    {
        var request = Request(3, length: 23, seed: 99);
        var alone = Alone(request);
        Assert.Equal(10, alone.Length);

        using var scheduler = Start(chunk: 5);
        for (var i = 0; i < 3; i++)
            scheduler.Submit(Request(10 + i, length: 4 + (9 * i), seed: (ulong)i));
        scheduler.Step();
        scheduler.Step();
        var among = scheduler.Submit(request)!;
        scheduler.Step();
        scheduler.Submit(Request(20, length: 30));
        RunAll(scheduler);
        Assert.Equal(alone, Tokens(among));
    }

    [Fact]
    public void Another_seed_gives_another_answer_and_each_choice_has_its_own()
    {
        Assert.NotEqual(Alone(Request(3, seed: 1)), Alone(Request(3, seed: 2)));
        using var scheduler = Start();
        var generation = scheduler.Submit(Request(3, choices: 2))!;
        RunAll(scheduler);
        var pieces = new List<Piece>();
        while (generation.Pieces.TryRead(out var piece))
            pieces.Add(piece);
        var first = pieces.Where(p => p.Choice == 0).SelectMany(p => p.Tokens).ToArray();
        var second = pieces.Where(p => p.Choice == 1).SelectMany(p => p.Tokens).ToArray();
        Assert.Equal(Alone(Request(3)), first);
        Assert.Equal(10, second.Length);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void Who_gives_way_when_the_cache_is_full_loses_no_token_and_gets_the_same_ones()
    {
        var requests = Enumerable.Range(0, 4).Select(i => Request(i, length: 12, tokens: 20, seed: (ulong)i)).ToArray();
        using var scheduler = Start(cacheTokens: 60);
        var generations = requests.Select(r => scheduler.Submit(r)!).ToArray();
        RunAll(scheduler);
        Assert.True(scheduler.Metrics.Preemptions > 0, "nobody had to give way: the test tests nothing");
        for (var i = 0; i < requests.Length; i++)
            Assert.Equal(Alone(requests[i]), Tokens(generations[i]));
    }

    [Fact]
    public void A_prompt_that_begins_like_an_earlier_one_reuses_its_cache_and_gives_the_same_tokens()
    {
        var first = Request(5, length: 30);
        var second = first with { Prompt = [.. first.Prompt.Take(25), 1, 2, 3], Sampling = new SamplingOptions { Seed = 4 } };
        using var scheduler = Start();
        scheduler.Submit(first);
        RunAll(scheduler);
        var generation = scheduler.Submit(second)!;
        RunAll(scheduler);
        Assert.Equal(25, generation.CachedTokens);
        Assert.Equal(Alone(second), Tokens(generation));
        Assert.Equal(25, scheduler.Metrics.Prefix.Hits);
    }

    [Fact]
    public void A_long_prompt_does_not_hold_up_who_already_receives_tokens()
    {
        using var scheduler = Start(chunk: 4);
        var talking = scheduler.Submit(Request(1, length: 3, tokens: 30))!;
        scheduler.Step();
        Assert.Single(Tokens(talking));
        scheduler.Submit(Request(2, length: 40));
        for (var step = 0; step < 8; step++)
        {
            scheduler.Step();
            Assert.Single(Tokens(talking));
        }
    }

    [Fact]
    public void A_short_prompt_does_not_wait_for_a_long_one_to_be_read()
    {
        using var scheduler = Start(chunk: 8);
        scheduler.Submit(Request(2, length: 60));
        scheduler.Step();
        var quick = scheduler.Submit(Request(1, length: 3))!;
        scheduler.Step();
        Assert.Single(Tokens(quick));
    }

    [Fact]
    public void A_client_that_went_away_frees_its_place_at_the_next_step()
    {
        using var scheduler = Start(maxRunning: 1);
        var gone = scheduler.Submit(Request(1, tokens: 50))!;
        scheduler.Step();
        var waiting = scheduler.Submit(Request(2))!;
        Assert.Equal(1, scheduler.Waiting);
        gone.Cancel();
        scheduler.Step();
        Assert.Equal(0, scheduler.Waiting);
        Assert.Equal(1, scheduler.Metrics.Finished(FinishReason.Cancelled));
        RunAll(scheduler);
        Assert.Equal(10, Tokens(waiting).Length);
        Assert.Equal(0, scheduler.Running);
    }

    [Fact]
    public void Who_does_not_read_is_given_up_and_told_so()
    {
        using var scheduler = Start(maxUnread: 4);
        var generation = scheduler.Submit(Request(1, tokens: 50))!;
        RunAll(scheduler);
        var pieces = new List<Piece>();
        while (generation.Pieces.TryRead(out var piece))
            pieces.Add(piece);
        Assert.Equal(6, pieces.Count);
        Assert.Equal(FinishReason.Cancelled, pieces[^1].Finish);
        Assert.Equal(0, scheduler.Running);
    }

    [Fact]
    public void One_more_than_may_run_and_wait_is_refused_and_counted()
    {
        using var scheduler = Start(maxRunning: 2, maxWaiting: 1);
        for (var i = 0; i < 3; i++)
            Assert.NotNull(scheduler.Submit(Request(i)));
        Assert.Null(scheduler.Submit(Request(4)));
        Assert.Equal(1, scheduler.Metrics.Refused);
        RunAll(scheduler);
        Assert.NotNull(scheduler.Submit(Request(5)));
    }

    [Fact]
    public void Clients_take_turns_and_each_keeps_its_own_order()
    {
        var line = new WaitingLine();
        foreach (var (client, id) in ((string, int)[])[("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5), ("b", 6)])
            line.Add(new Sequence(new Generation(Request(id, client: client, tokens: id), default, 10, () => { }), 0, new AnswerText(null, [], false)));
        var order = new List<int>();
        while (line.Peek() is { } next)
        {
            order.Add(next.Request.MaxTokens);
            line.Take();
        }
        Assert.Equal([1, 4, 5, 2, 6, 3], order);
        Assert.Equal(0, line.Count);
    }

    [Fact]
    public void Log_probabilities_of_prompt_and_answer_are_those_of_the_logits_however_the_prompt_is_cut()
    {
        var request = Request(8, length: 17, tokens: 3) with { Logprobs = 2, PromptLogprobs = 2, Sampling = new SamplingOptions { Seed = 0, Temperature = 0 } };
        using var scheduler = Start(chunk: 5);
        var generation = scheduler.Submit(request)!;
        RunAll(scheduler);
        var answer = new List<TokenLogprob>();
        while (generation.Pieces.TryRead(out var piece))
            answer.AddRange(piece.Logprobs!);

        int[] all = [.. request.Prompt, .. answer.Select(l => l.Token)];
        var logits = GoldenModel.Logits(Engine, all);
        TokenLogprob[] scored = [.. generation.PromptLogprobs, .. answer];
        Assert.Equal(all.Length - 1, scored.Length);
        for (var i = 0; i < scored.Length; i++)
        {
            var sum = Math.Log(logits[i].Sum(l => Math.Exp(l)));
            Assert.Equal(all[i + 1], scored[i].Token);
            Assert.Equal(logits[i][all[i + 1]] - sum, scored[i].Logprob, 1e-4);
            Assert.Equal(logits[i].Max() - sum, scored[i].Top[0].Logprob, 1e-4);
            Assert.Equal(2, scored[i].Top.Count);
        }
        Assert.All(answer, l => Assert.Equal(l.Top[0].Token, l.Token));
    }

    [Fact]
    public void Nothing_is_generated_when_only_the_prompt_is_to_be_scored()
    {
        using var scheduler = Start();
        var generation = scheduler.Submit(Request(8, length: 5, tokens: 0) with { PromptLogprobs = 0 })!;
        RunAll(scheduler);
        Assert.True(generation.Pieces.TryRead(out var piece));
        Assert.Equal(FinishReason.Length, piece.Finish);
        Assert.Empty(piece.Tokens);
        Assert.Equal(4, generation.PromptLogprobs.Count);
    }
}
