using FastTests.Engine;
using InferenceCore.Engine;
using InferenceCore.Scheduling;

namespace FastTests.Scheduling;

/// <summary>What the scheduler asks of an engine, and what it leaves on the device.</summary>
public sealed class ForwardSeamTests
{
    private const int Vocabulary = 20_000;
    private static readonly ModelConfig Config = GoldenModel.Open("llama3").Config with { Vocabulary = Vocabulary, MaxPositions = 4096 };

    [Fact]
    public void Greedy_answers_never_bring_a_row_of_logits_from_the_device()
    {
        var (forward, events) = Run(new SchedulerOptions(), Request(1, new SamplingOptions { Temperature = 0, Seed = 1 }), Request(2, new SamplingOptions { Temperature = 0, Seed = 2 }));
        Assert.Equal((0, 16), (forward.Fetched, forward.BestCalls));
        // The prompt's last token stands at position 5.
        Assert.Equal(Enumerable.Range(5, 8).Select(p => Greedy.Pick(FakeForward.LogitsAt(p, Vocabulary))), Tokens(events, 1));
    }

    public static TheoryData<string, bool> Samplings => new()
    {
        { "greedy", true },
        { "temperature", false },
        { "bias", false },
        { "repetition", false },
        { "presence", false },
        { "frequency", false },
        { "min tokens", false },
        { "log probabilities", false },
    };

    [Theory]
    [MemberData(nameof(Samplings))]
    public void Whatever_changes_logits_or_reports_them_needs_them(string what, bool best)
    {
        var sampling = new SamplingOptions { Temperature = 0, Seed = 1 };
        sampling = what switch
        {
            "temperature" => sampling with { Temperature = 0.5f },
            "bias" => sampling with { LogitBias = [(3, 1)] },
            "repetition" => sampling with { RepetitionPenalty = 1.1f },
            "presence" => sampling with { PresencePenalty = 0.1f },
            "frequency" => sampling with { FrequencyPenalty = 0.1f },
            "min tokens" => sampling with { MinTokens = 8 },
            _ => sampling,
        };
        var request = Request(1, sampling) with { EndTokens = [Vocabulary - 1], Logprobs = what == "log probabilities" ? 1 : null };
        var (forward, _) = Run(new SchedulerOptions(), request);
        Assert.Equal(best ? (0, 8) : (8, 0), (forward.Fetched, forward.BestCalls));
    }

    [Fact]
    public void After_its_least_length_an_answer_is_greedy_without_logits_again()
    {
        var request = Request(1, new SamplingOptions { Temperature = 0, Seed = 1, MinTokens = 3 }) with { EndTokens = [Vocabulary - 1] };
        var (forward, _) = Run(new SchedulerOptions(), request);
        Assert.Equal((3, 5), (forward.Fetched, forward.BestCalls));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    public void Sampled_answers_are_the_same_whoever_draws_them(int threads)
    {
        var requests = Enumerable.Range(1, 8).Select(i => Request(i, new SamplingOptions { Temperature = 0.9f, TopP = 0.9f, Seed = (ulong)i }) with { Logprobs = i % 2 }).ToArray();
        var (_, one) = Run(new SchedulerOptions(), threads: 1, requests: requests);
        var (forward, many) = Run(new SchedulerOptions(), threads: threads, requests: requests);
        foreach (var request in requests)
        {
            Assert.Equal(8, Tokens(one, request.Id).Length);
            Assert.Equal(Tokens(one, request.Id), Tokens(many, request.Id));
        }
        Assert.Equal(one.OfType<SequenceEvent.Token>().Select(t => t.Logprob?.Logprob), many.OfType<SequenceEvent.Token>().Select(t => t.Logprob?.Logprob));
        // All rows of a step at once: one wait for the device, not eight.
        Assert.Equal((64, forward.Steps), (forward.Fetched, forward.FetchCalls));
    }

    [Fact]
    public void A_long_prompt_whose_log_probabilities_are_wanted_never_asks_for_more_rows_than_there_is_room_for()
    {
        var options = new SchedulerOptions { PrefillChunk = 512, MaxRunning = 4 };
        var scored = Request(1, new SamplingOptions { Temperature = 0, Seed = 1 }) with { Prompt = [.. Enumerable.Range(0, 300)], PromptLogprobs = 0 };
        var beside = Request(2, new SamplingOptions { Temperature = 0, Seed = 1 }) with { Prompt = [.. Enumerable.Range(0, 900)] };
        var (forward, events) = Run(options, scored, beside, scored with { Id = 3 });
        Assert.Equal(68, forward.MaxLogits);
        foreach (var id in (long[])[1, 3])
        {
            Assert.Equal(299, events.OfType<SequenceEvent.PromptScored>().Count(e => e.Id == id));
            Assert.Equal(8, Tokens(events, id).Length);
        }
        Assert.Equal(8, Tokens(events, 2).Length);
    }

    [Fact]
    public void Blocks_on_a_device_are_numbers_that_are_used_again_and_a_fork_copies_there()
    {
        var pool = new FakePool(limit: 4);
        var parent = new KvCache(Config, pool: pool);
        Assert.True(parent.TryReserve(130));
        parent.Commit(130);
        var fork = parent.TryFork(130)!;
        Assert.Equal([(2, 3, 2)], pool.Copies);
        var blocks = new int[3];
        fork.CopyBlockIndices(blocks);
        Assert.Equal([0, 1, 3], blocks);
        parent.Release();
        Assert.True(new KvCache(Config, pool: pool).TryReserve(64));
        Assert.Equal(4, pool.Made);
        Assert.Equal(3 << 20, fork.Bytes);
    }

    [Theory]
    [InlineData("qwen2")]
    [InlineData("llama3")]
    [InlineData("deepseek_v2_groups")]
    [InlineData("deepseek_v3")]
    public void Bytes_of_a_step_from_the_config_alone_are_those_of_the_weights_in_memory(string name)
    {
        var model = GoldenModel.Open(name).Engine;
        var width = (int)(model.Weights.Embedding.Bytes / model.Weights.Embedding.Rows / model.Config.HiddenWidth);
        var (planned, real) = (WeightTraffic.Of(model.Config, width, sizeof(float)), WeightTraffic.Of(model));
        Assert.Equal(real.ExpertBytes, planned.ExpertBytes);
        Assert.Equal(real.EmbeddingRowBytes, planned.EmbeddingRowBytes);
        Assert.Equal(real.CacheBytes(10), planned.CacheBytes(10));
        // In memory a router is float32 and a bias as long as all it stands beside; both are less than a hundredth.
        Assert.InRange(planned.TotalBytes / (double)real.TotalBytes, 0.99, 1.01);
        Assert.InRange(planned.BytesPerStep(3) / (double)real.BytesPerStep(3), 0.99, 1.01);
    }

    [Theory]
    [InlineData("tpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:x")]
    public void A_device_that_nobody_knows_is_refused_by_name(string device)
    {
        var e = Assert.Throws<EngineException>(() => ForwardLoader.Load(
            GoldenModel.Open("llama3").Directory, device, new ForwardOptions { MaxTokens = 1, MaxLogits = 1, MaxSequences = 1 }));
        Assert.StartsWith($"device '{device}' is not supported; supported are cpu, cuda:0", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_is_checked_on_its_device_by_a_token()
    {
        var golden = GoldenModel.Open("llama3");
        var first = golden.Config.BeginToken is { } begin && begin < golden.Config.Vocabulary ? begin : 0;
        var follows = Greedy.Pick(GoldenModel.Logits(golden.Engine, [first])[0]);
        Assert.EndsWith($"of weights on cpu, token {follows} follows token {first}; no known answer is recorded", ModelVerifier.CheckEngine(golden.Directory, "cpu"), StringComparison.Ordinal);
    }

    private static SequenceRequest Request(long id, SamplingOptions sampling) =>
        new() { Id = id, Prompt = [1, 2, 3, 4, 5, 6], MaxTokens = 8, Sampling = sampling };

    private static int[] Tokens(List<SequenceEvent> events, long id) => [.. events.OfType<SequenceEvent.Token>().Where(t => t.Id == id).Select(t => t.Value)];

    private static (FakeForward Forward, List<SequenceEvent> Events) Run(SchedulerOptions options, params SequenceRequest[] requests) => Run(options, 1, requests);

    private static (FakeForward Forward, List<SequenceEvent> Events) Run(SchedulerOptions options, int threads, SequenceRequest[] requests)
    {
        // Nothing is kept for later, so that a request meets no other's cache.
        var forward = new FakeForward(Config, Scheduler.RoomFor(options, threads));
        using var scheduler = new Scheduler(forward, options with { ReuseFromTokens = int.MaxValue }, threads);
        foreach (var request in requests)
            scheduler.Add(request);
        var events = new List<SequenceEvent>();
        for (var report = new StepReport(); scheduler.Step(report); report = new StepReport())
            events.AddRange(report.Events);
        return (forward, events);
    }
}
