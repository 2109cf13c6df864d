using FastTests.Engine;
using InferenceCore.Scheduling;

namespace FastTests.Scheduling;

/// <summary>Who is computed when, and that it makes no difference to what is computed.</summary>
public sealed class SchedulerTests
{
    private static EnginePair Start(int maxRunning = 8, int chunk = 64, long cacheTokens = 1 << 16) =>
        new(new SchedulerOptions { MaxRunning = maxRunning, PrefillChunk = chunk, CacheTokens = cacheTokens });

    private static GenerationRequest Request(int prompt, int length = 6, int tokens = 10, ulong seed = 1, string client = "", int choices = 1) =>
        EnginePair.Request(prompt, length, tokens, seed, client, choices);

    private static int[] Tokens(Generation generation, int choice = 0) => EnginePair.Tokens(generation, choice);

    private static int[] Alone(GenerationRequest request) => EnginePair.TokensAlone(request);

    [Fact]
    public void An_answer_does_not_depend_on_its_neighbours_or_on_how_its_prompt_is_cut()
    {
        var request = Request(3, length: 23, seed: 99);
        var alone = Alone(request);
        Assert.Equal(10, alone.Length);

        using var pair = Start(chunk: 5);
        for (var i = 0; i < 3; i++)
            pair.Journal.Submit(Request(10 + i, length: 4 + (9 * i), seed: (ulong)i));
        pair.Step();
        pair.Step();
        var among = pair.Journal.Submit(request)!;
        pair.Step();
        pair.Journal.Submit(Request(20, length: 30));
        pair.RunAll();
        Assert.Equal(alone, Tokens(among));
    }

    [Fact]
    public void Another_seed_gives_another_answer_and_each_choice_has_its_own()
    {
        Assert.NotEqual(Alone(Request(3, seed: 1)), Alone(Request(3, seed: 2)));
        using var pair = Start();
        var generation = pair.Journal.Submit(Request(3, choices: 2))!;
        pair.RunAll();
        var pieces = EnginePair.Pieces(generation);
        var (first, second) = (EnginePair.TokensOf(pieces, 0), EnginePair.TokensOf(pieces, 1));
        Assert.Equal(Alone(Request(3)), first);
        Assert.Equal(10, second.Length);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void Who_gives_way_when_the_cache_is_full_loses_no_token_and_gets_the_same_ones()
    {
        // Each grows from one block of 64 tokens to three; there are five.
        var requests = Enumerable.Range(0, 4).Select(i => Request(i, length: 50, tokens: 100, seed: (ulong)i)).ToArray();
        using var pair = Start(cacheTokens: 5 * 64);
        var generations = requests.Select(r => pair.Journal.Submit(r)!).ToArray();
        pair.RunAll();
        Assert.True(pair.Journal.Metrics.Preemptions > 0, "nobody had to give way: the test tests nothing");
        for (var i = 0; i < requests.Length; i++)
            Assert.Equal(Alone(requests[i]), Tokens(generations[i]));
    }

    [Fact]
    public void Whoever_was_first_is_never_the_one_to_give_way()
    {
        using var pair = Start(cacheTokens: 3 * 64);
        var first = pair.Journal.Submit(Request(1, length: 50, tokens: 120))!;
        pair.Step();
        pair.Journal.Submit(Request(2, length: 50, tokens: 120));
        Tokens(first);
        for (var step = 0; step < 119; step++)
        {
            pair.Step();
            Assert.Single(Tokens(first));
        }
        Assert.True(pair.Journal.Metrics.Preemptions > 0, "nobody had to give way: the test tests nothing");
    }

    [Fact]
    public void Out_of_memory_sheds_the_newest_and_nobody_else_and_later_there_is_room_again()
    {
        using var pair = new EnginePair(new SchedulerOptions(), memoryBlocks: 5);
        var old = Request(1, length: 50, tokens: 200);
        var first = pair.Journal.Submit(old)!;
        pair.Step();
        var newest = pair.Journal.Submit(Request(2, length: 300))!;
        pair.RunAll();
        Assert.Equal(FinishReason.Shed, Assert.Single(EnginePair.Pieces(newest)).Finish);
        Assert.Equal(Alone(old), Tokens(first));
        var again = pair.Journal.Submit(Request(2, length: 300))!;
        pair.RunAll();
        Assert.Equal(Alone(Request(2, length: 300)), Tokens(again));
        Assert.Equal(1, pair.Journal.Metrics.Finished(FinishReason.Shed));
    }

    [Fact]
    public void Out_of_memory_makes_who_has_begun_to_answer_wait_and_loses_none_of_his_tokens()
    {
        using var pair = new EnginePair(new SchedulerOptions(), memoryBlocks: 5);
        GenerationRequest[] requests = [Request(1, length: 50, tokens: 200), Request(2, length: 50, tokens: 200)];
        var generations = requests.Select(r => pair.Journal.Submit(r)!).ToArray();
        pair.RunAll();
        Assert.True(pair.Journal.Metrics.Preemptions > 0, "nobody had to give way: the test tests nothing");
        for (var i = 0; i < requests.Length; i++)
            Assert.Equal(Alone(requests[i]), Tokens(generations[i]));
    }

    [Fact]
    public void What_does_not_fit_into_memory_even_alone_is_shed_and_the_worker_goes_on()
    {
        using var pair = new EnginePair(new SchedulerOptions(), memoryBlocks: 2);
        var large = pair.Journal.Submit(Request(1, length: 100, tokens: 100))!;
        pair.RunAll();
        Assert.Equal(FinishReason.Shed, EnginePair.Pieces(large)[^1].Finish);
        var small = pair.Journal.Submit(Request(2))!;
        pair.RunAll();
        Assert.Equal(Alone(Request(2)), Tokens(small));
    }

    [Fact]
    public void A_prompt_that_begins_like_an_earlier_one_reuses_its_cache_and_gives_the_same_tokens()
    {
        var first = Request(5, length: 30);
        var second = first with { Prompt = [.. first.Prompt.Take(25), 1, 2, 3], Sampling = new SamplingOptions { Seed = 4 } };
        using var pair = Start();
        pair.Journal.Submit(first);
        pair.RunAll();
        var generation = pair.Journal.Submit(second)!;
        pair.RunAll();
        Assert.Equal(25, generation.CachedTokens);
        Assert.Equal(Alone(second), Tokens(generation));
        Assert.Equal(25, pair.Journal.Metrics.Prefix.Hits);
    }

    [Fact]
    public void The_next_turn_of_a_conversation_finds_the_turn_that_was_generated_as_well()
    {
        using var pair = Start();
        var first = Request(5, length: 40, tokens: 60);
        var answered = pair.Journal.Submit(first)!;
        pair.RunAll();
        var next = first with { Prompt = [.. first.Prompt, .. Tokens(answered), 7, 8, 9] };
        var generation = pair.Journal.Submit(next)!;
        pair.RunAll();
        // The last token of an answer is never computed on: nobody needed what comes after it.
        Assert.Equal(40 + 60 - 1, generation.CachedTokens);
        Assert.Equal(Alone(next), Tokens(generation));
    }

    [Fact]
    public void Any_number_of_requests_share_one_kept_beginning_at_once()
    {
        using var pair = Start();
        var first = Request(5, length: 140);
        pair.Journal.Submit(first);
        pair.RunAll();
        var alike = Enumerable.Range(0, 4).Select(i => first with { Prompt = [.. first.Prompt.Take(130), i], Sampling = new SamplingOptions { Seed = (ulong)i } }).ToArray();
        var generations = alike.Select(r => pair.Journal.Submit(r)!).ToArray();
        pair.RunAll();
        Assert.All(generations, g => Assert.Equal(130, g.CachedTokens));
        for (var i = 0; i < alike.Length; i++)
            Assert.Equal(Alone(alike[i]), Tokens(generations[i]));
    }

    [Fact]
    public void A_long_prompt_does_not_hold_up_who_already_receives_tokens()
    {
        using var pair = Start(chunk: 4);
        var talking = pair.Journal.Submit(Request(1, length: 3, tokens: 30))!;
        pair.Step();
        Assert.Single(Tokens(talking));
        pair.Journal.Submit(Request(2, length: 40));
        for (var step = 0; step < 8; step++)
        {
            pair.Step();
            Assert.Single(Tokens(talking));
        }
    }

    [Fact]
    public void A_short_prompt_does_not_wait_for_a_long_one_to_be_read()
    {
        using var pair = Start(chunk: 8);
        pair.Journal.Submit(Request(2, length: 60));
        pair.Step();
        var quick = pair.Journal.Submit(Request(1, length: 3))!;
        pair.Step();
        Assert.Single(Tokens(quick));
    }

    [Fact]
    public void Clients_take_turns_and_each_keeps_its_own_order_behind_those_who_had_a_place()
    {
        var line = new WaitingLine();
        foreach (var (client, id) in ((string, int)[])[("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5), ("b", 6)])
            line.Add(Sequence(client, id));
        line.AddReturning(Sequence("c", 7));
        line.AddReturning(Sequence("a", 8));
        line.AddFirst(Sequence("a", 9));
        Assert.Equal(2, line.Remove(2)!.Request.Id);
        Assert.Null(line.Remove(2));
        var order = new List<long>();
        while (line.Peek() is { } next)
        {
            order.Add(next.Request.Id);
            line.Take();
        }
        Assert.Equal([9, 7, 8, 1, 4, 5, 3, 6], order);
        Assert.Equal(0, line.Count);

        static Sequence Sequence(string client, int id) =>
            new(new SequenceRequest { Id = id, Prompt = [1], MaxTokens = 1, Client = client, Sampling = new SamplingOptions { Seed = 0 } });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(18)]
    public void Log_probabilities_of_prompt_and_answer_are_those_of_the_logits_however_the_prompt_is_cut_and_whenever_a_worker_dies(int killAfterSteps)
    {
        var request = Request(8, length: 17, tokens: 16) with { Logprobs = 2, PromptLogprobs = 2, Sampling = new SamplingOptions { Seed = 0, Temperature = 0 } };
        using var pair = Start(chunk: 5);
        var generation = pair.Journal.Submit(request)!;
        for (var step = 0; step < killAfterSteps; step++)
            pair.Step();
        if (killAfterSteps > 0)
            pair.KillWorker();
        pair.RunAll();
        var answer = EnginePair.Pieces(generation).SelectMany(p => p.Logprobs!).ToList();

        int[] all = [.. request.Prompt, .. answer.Select(l => l.Token)];
        var logits = GoldenModel.Logits(EnginePair.Engine, all);
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
        using var pair = Start();
        var generation = pair.Journal.Submit(Request(8, length: 5, tokens: 0) with { PromptLogprobs = 0 })!;
        pair.RunAll();
        var piece = Assert.Single(EnginePair.Pieces(generation));
        Assert.Equal(FinishReason.Length, piece.Finish);
        Assert.Empty(piece.Tokens);
        Assert.Equal(4, generation.PromptLogprobs.Count);
    }
}
