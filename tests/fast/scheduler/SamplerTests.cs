using CsCheck;
using InferenceCore.Scheduling;

namespace FastTests.Scheduling;

public sealed class SamplerTests
{
    private static readonly float[] Logits = [1, 3, 3, -2, 0, 2.5f];

    private static int[] Draw(SamplingOptions options, int count, int choice = 0)
    {
        var scratch = new SamplerScratch();
        return [.. Enumerable.Range(0, count).Select(i => new Sampler(options with { Seed = options.Seed + (ulong)i }, choice).Next([.. Logits], scratch))];
    }

    [Fact]
    public void Temperature_zero_takes_the_likeliest_and_of_two_the_lower_id() =>
        Assert.All(Draw(new() { Temperature = 0, Seed = 7 }, 20), t => Assert.Equal(1, t));

    [Theory]
    [InlineData(1.0f)]
    [InlineData(0.5f)]
    [InlineData(2.0f)]
    public void Tokens_come_as_often_as_their_probability_says(float temperature)
    {
        const int draws = 20_000;
        var counts = new int[Logits.Length];
        foreach (var token in Draw(new() { Temperature = temperature, Seed = 1 }, draws))
            counts[token]++;
        var weights = Logits.Select(l => Math.Exp(l / temperature)).ToArray();
        for (var token = 0; token < counts.Length; token++)
        {
            var p = weights[token] / weights.Sum();
            // Five standard deviations: once in a million seeds by chance, and the seed is fixed.
            Assert.InRange(counts[token] / (double)draws, p - (5 * Math.Sqrt(p * (1 - p) / draws)) - 1e-9, p + (5 * Math.Sqrt(p * (1 - p) / draws)) + 1e-9);
        }
    }

    [Fact]
    public void Top_k_and_top_p_and_min_p_leave_the_likeliest()
    {
        Assert.Equal([1, 2], Draw(new() { TopK = 2, Seed = 3 }, 500).Distinct().Order());
        Assert.Equal([1], Draw(new() { TopP = 0.1f, Seed = 3 }, 500).Distinct());
        // p = 0.35, 0.35, 0.21, …: three tokens are needed for 0.8.
        Assert.Equal([1, 2, 5], Draw(new() { TopP = 0.8f, Seed = 3 }, 500).Distinct().Order());
        Assert.Equal([1, 2, 5], Draw(new() { MinP = 0.5f, Seed = 3 }, 500).Distinct().Order());
    }

    [Fact]
    public void Penalties_count_what_was_generated_and_bias_forbids_and_forces()
    {
        var sampler = new Sampler(new() { Temperature = 0, FrequencyPenalty = 0.4f, Seed = 0 }, 0);
        var scratch = new SamplerScratch();
        var drawn = Enumerable.Range(0, 6).Select(_ => sampler.Next([.. Logits], scratch)).ToArray();
        Assert.Equal([1, 2, 1, 2, 5, 1], drawn);
        Assert.Equal([3], Draw(new() { LogitBias = [(3, 100)], Seed = 3 }, 50).Distinct());
        Assert.DoesNotContain(1, Draw(new() { LogitBias = [(1, -100)], Seed = 3 }, 500));
    }

    [Fact]
    public void The_repetition_penalty_divides_what_is_positive_and_multiplies_what_is_negative_in_prompt_and_answer_alike()
    {
        // 3 / 2 = 1.5 for token 1 of the prompt; then each token drawn is halved: 2 (3 → 1.5), 5 (2.5 → 1.25), 1, and nothing twice.
        var sampler = new Sampler(new() { Temperature = 0, RepetitionPenalty = 2, Seed = 0 }, 0, prompt: [1, 1]);
        var scratch = new SamplerScratch();
        Assert.Equal([2, 5, 1, 1], Enumerable.Range(0, 4).Select(_ => sampler.Next([.. Logits], scratch)));
        // −1 · 3 = −3 is less than −2.
        Assert.Equal(1, new Sampler(new() { Temperature = 0, RepetitionPenalty = 3, Seed = 0 }, 0, prompt: [0]).Next([-1, -2], scratch));
        Assert.Equal(0, new Sampler(new() { Temperature = 0, RepetitionPenalty = 3, Seed = 0 }, 0, prompt: []).Next([-1, -2], scratch));
    }

    [Fact]
    public void An_end_token_is_not_drawn_before_the_least_number_of_tokens()
    {
        var sampler = new Sampler(new() { Temperature = 0, MinTokens = 2, Seed = 0 }, 0, endTokens: [1, 2]);
        var scratch = new SamplerScratch();
        Assert.Equal([5, 5, 1], Enumerable.Range(0, 3).Select(_ => sampler.Next([.. Logits], scratch)));
    }

    [Fact]
    public void A_sampler_told_the_answer_so_far_goes_on_like_the_one_that_drew_it() => Gen.Select(Gen.ULong, Gen.Int[0, 30], Gen.Float[0, 2], Gen.Float[0.5f, 1], Gen.Int[0, 4], Gen.Float[0.7f, 2], Gen.Float[-1, 1])
        .Sample((seed, cut, temperature, topP, topK, repetition, frequency) =>
        {
            int[] prompt = [0, 5];
            var options = new SamplingOptions
            {
                Seed = seed,
                Temperature = temperature,
                TopP = topP,
                TopK = topK,
                RepetitionPenalty = repetition,
                FrequencyPenalty = frequency,
                PresencePenalty = -frequency,
                MinTokens = 10,
            };
            var scratch = new SamplerScratch();
            var whole = new Sampler(options, 1, prompt, [], [3]);
            var drawn = Enumerable.Range(0, 30).Select(i => whole.Next(LogitsAt(i), scratch)).ToArray();
            var resumed = new Sampler(options, 1, prompt, drawn[..cut], [3]);
            Assert.Equal(drawn[cut..], Enumerable.Range(cut, 30 - cut).Select(i => resumed.Next(LogitsAt(i), scratch)));

            float[] LogitsAt(int position)
            {
                var random = new SplitMix(seed + (ulong)position);
                return [.. Logits.Select(_ => (float)(4 * random.NextDouble()) - 2)];
            }
        });

    [Fact]
    public void The_generator_gives_the_published_numbers()
    {
        // SplitMix64 with seed 1234567, as printed in the Rosetta collection.
        var random = new SplitMix(1234567);
        Assert.Equal(6457827717110365317UL, random.Next());
        Assert.Equal(3203168211198807973UL, random.Next());
        Assert.Equal(9817491932198370423UL, random.Next());
    }
}
