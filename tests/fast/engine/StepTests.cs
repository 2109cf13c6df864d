using InferenceCore.Engine;

namespace FastTests.Engine;

/// <summary>
/// A sequence's logits are the same numbers, bit for bit, however its tokens are cut into steps, whatever else is in a step, and however many
/// threads take part.
/// </summary>
public sealed class StepTests
{
    public static TheoryData<string> Models => [.. GoldenModel.Names];

    [Theory]
    [MemberData(nameof(Models))]
    public void Decoding_token_by_token_equals_prefill(string name)
    {
        var golden = GoldenModel.Open(name);
        var model = golden.Engine;
        Equal(golden.Prefilled, InPieces(model, golden.Tokens, golden.Tokens.Select(_ => 1), threads: 1));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_prompt_in_uneven_pieces_equals_prefill(string name)
    {
        var golden = GoldenModel.Open(name);
        var model = golden.Engine;
        Equal(golden.Prefilled, InPieces(model, golden.Tokens, [1, 2, 5, 56, 7, 25], threads: 1));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Three_threads_equal_one(string name)
    {
        var golden = GoldenModel.Open(name);
        var model = golden.Engine;
        Equal(golden.Prefilled, GoldenModel.Logits(model, golden.Tokens, threads: 3));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_sequence_in_a_mixed_batch_equals_the_sequence_alone(string name)
    {
        var golden = GoldenModel.Open(name);
        var model = golden.Engine;
        int[] first = golden.Tokens[..70], second = golden.Tokens[20..83], third = golden.Tokens[5..6];
        using var run = new RunState(model, maxTokens: 256, maxLogits: 256, threads: 2);
        var (a, b, c) = (new KvCache(model.Config), new KvCache(model.Config), new KvCache(model.Config));

        // The first is decoding while the second comes in two pieces and the third is one token long.
        Step(model, run, new SequenceStep(a, first.AsMemory(..68), LogitsOf.None));
        Step(model, run, new(a, first.AsMemory(68..69), LogitsOf.None), new(b, second.AsMemory(..40), LogitsOf.None));
        var rows = Step(model, run, new(b, second.AsMemory(40..), LogitsOf.All), new(c, third, LogitsOf.Last), new(a, first.AsMemory(69..), LogitsOf.Last));

        Equal(GoldenModel.Logits(model, second)[40..], rows[..23]);
        Equal(GoldenModel.Logits(model, third), rows[23..24]);
        Equal(golden.Prefilled[69..70], rows[24..]);
    }

    [Fact]
    public void A_cache_cut_back_goes_on_as_if_the_rest_had_never_been()
    {
        var golden = GoldenModel.Open("deepseek_v3");
        var model = golden.Engine;
        using var run = new RunState(model, maxTokens: 96, maxLogits: 96, threads: 1);
        var cache = new KvCache(model.Config);
        Step(model, run, new SequenceStep(cache, golden.Tokens[..90].Reverse().ToArray(), LogitsOf.None));
        cache.Truncate(0);
        Step(model, run, new SequenceStep(cache, golden.Tokens.AsMemory(..90), LogitsOf.None));
        cache.Truncate(70);
        Equal(golden.Prefilled[70..], Step(model, run, new SequenceStep(cache, golden.Tokens.AsMemory(70..), LogitsOf.All)));
    }

    [Fact]
    public void A_step_that_fails_leaves_the_sequences_as_they_were()
    {
        var golden = GoldenModel.Open("qwen2");
        var model = golden.Engine;
        using var run = new RunState(model, maxTokens: 8, maxLogits: 8, threads: 1);
        var (good, bad) = (new KvCache(model.Config), new KvCache(model.Config, capacity: 4));
        Step(model, run, new(good, golden.Tokens.AsMemory(..3), LogitsOf.None), new(bad, golden.Tokens.AsMemory(..3), LogitsOf.None));

        var unknown = Assert.Throws<EngineException>(() => Step(model, run, new(good, new[] { 5 }, LogitsOf.Last), new(bad, new[] { 256 }, LogitsOf.Last)));
        Assert.Equal("token 256 is not in the vocabulary; right would be 0..255", unknown.Message);
        var tooLong = Assert.Throws<EngineException>(() => Step(model, run, new(good, new[] { 5 }, LogitsOf.Last), new(bad, new[] { 5, 5 }, LogitsOf.Last)));
        Assert.Equal("a sequence of 5 tokens is over the limit of 4", tooLong.Message);

        Assert.Equal((3, 3), (good.Length, bad.Length));
        Equal(golden.Prefilled[3..6], Step(model, run, new SequenceStep(good, golden.Tokens.AsMemory(3..6), LogitsOf.All)));
    }

    [Fact]
    public void A_step_says_after_each_half_of_a_layer_that_it_goes_on_from_the_thread_that_steps()
    {
        var golden = GoldenModel.Open("deepseek_v3");
        var threads = new List<int>();
        using var run = new RunState(golden.Engine, maxTokens: 64, maxLogits: 1, threads: 2) { Progress = () => threads.Add(Environment.CurrentManagedThreadId) };
        Step(golden.Engine, run, new SequenceStep(new KvCache(golden.Config), golden.Tokens.AsMemory(..64), LogitsOf.Last));
        Assert.Equal(Enumerable.Repeat(Environment.CurrentManagedThreadId, 2 * golden.Config.Layers), threads);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Decoding_allocates_nothing(string name)
    {
        var golden = GoldenModel.Open(name);
        var model = golden.Engine;
        using var run = new RunState(model, maxTokens: 4, maxLogits: 1, threads: 1);
        var cache = new KvCache(model.Config);

        // The runtime itself allocates while it recompiles hot methods; a round without that shows what the step does.
        var least = long.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            cache.Truncate(0);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 60; i++)
                Decode(i);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);

        void Decode(int i) => ForwardReference.Step(model, run, [new SequenceStep(cache, golden.Tokens.AsMemory(i, 1), LogitsOf.Last)]);
    }

    private static float[][] InPieces(EngineModel model, int[] tokens, IEnumerable<int> lengths, int threads)
    {
        using var run = new RunState(model, tokens.Length, tokens.Length, threads);
        var cache = new KvCache(model.Config);
        var logits = new List<float[]>();
        foreach (var length in lengths)
            logits.AddRange(Step(model, run, new SequenceStep(cache, tokens.AsMemory(cache.Length, length), LogitsOf.All)));
        Assert.Equal(tokens.Length, cache.Length);
        return [.. logits];
    }

    private static float[][] Step(EngineModel model, RunState run, params SequenceStep[] batch) =>
        GoldenModel.Rows(run, ForwardReference.Step(model, run, batch));

    private static void Equal(float[][] expected, float[][] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var row = 0; row < expected.Length; row++)
            Assert.True(expected[row].AsSpan().SequenceEqual(actual[row]), $"Row {row} differs.");
    }
}
