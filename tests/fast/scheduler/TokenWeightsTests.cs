using CsCheck;
using InferenceCore.Scheduling;

namespace FastTests.Scheduling;

/// <summary>The fast sampler against one that does as the definition says: sorts everything and adds everything up.</summary>
public sealed class TokenWeightsTests
{
    [Fact]
    public void Draws_are_those_of_the_plain_definition() =>
        Gen.Select(Gen.Int[1, 5000], Gen.ULong, Gen.Float[0.05f, 2], OneOf(1f, 0.95f, 0.5f, 0.01f), OneOf(0, 1, 3, 50, 4096), OneOf(0f, 0.05f, 1f))
            .Sample((vocabulary, seed, temperature, topP, topK, minP) =>
            {
                var random = new Random((int)seed);
                // Some vocabularies have many equal logits: then the lower token counts.
                var steps = seed % 2 == 0 ? 1 << 20 : 7;
                var logits = Enumerable.Range(0, vocabulary).Select(_ => 20f * random.Next(steps) / steps).ToArray();
                var options = new SamplingOptions { Seed = seed, Temperature = temperature, TopP = topP, TopK = topK, MinP = minP };
                var scratch = new SamplerScratch();
                var sampler = new Sampler(options, 0);
                var plain = Plain(logits, options);
                for (var position = 0; position < 4; position++)
                    Assert.Equal(Draw(plain, SplitMix.At(seed, 0, position)), sampler.Next([.. logits], scratch));
            }, iter: 400);

    [Fact]
    public void Where_a_token_stands_does_not_change_what_it_weighs()
    {
        var weights = new TokenWeights();
        for (var length = 1; length < 40; length++)
        {
            var logits = Enumerable.Repeat(-1.7f, length).Append(0).ToArray();
            weights.Fill(logits, 0.7f, 0);
            Assert.Single(weights.AtLeast(0).ToArray().Skip(1).Select(c => c.Weight).Distinct());
            Assert.Equal(length + 1, weights.Count);
        }
    }

    [Fact]
    public void What_is_forbidden_is_never_drawn_even_at_the_very_end()
    {
        var weights = new TokenWeights();
        var logits = new float[2048];
        logits.AsSpan(100).Fill(float.NegativeInfinity);
        weights.Fill(logits, 1, 0);
        Assert.Equal(100, weights.Count);
        Assert.Equal(99, weights.At(weights.Total));
        Assert.Equal(0, weights.At(0));
    }

    [Fact]
    public void Where_everything_is_forbidden_something_is_drawn_all_the_same()
    {
        float[] logits = [float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity];
        Assert.Equal(0, new Sampler(new() { Seed = 1 }, 0).Next(logits, new SamplerScratch()));
        Assert.Equal(0, new Sampler(new() { Seed = 1, TopK = 2, TopP = 0.5f }, 0).Next(logits, new SamplerScratch()));
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    /// <summary>What may be drawn, in the order of the draw.</summary>
    private static List<(int Token, double Weight)> Plain(float[] logits, SamplingOptions options)
    {
        var max = logits.Max();
        var all = logits.Select((l, token) => (Token: token, Weight: Math.Exp((l - max) / (double)options.Temperature)))
            .Where(c => c.Weight > 0 && c.Weight >= options.MinP).ToList();
        if (options.TopK > 0 || options.TopP < 1)
        {
            all = [.. all.OrderByDescending(c => c.Weight).ThenBy(c => c.Token)];
            if (options.TopK > 0)
                all = [.. all.Take(options.TopK)];
            var limit = all.Sum(c => c.Weight) * options.TopP;
            var sum = 0.0;
            all = [.. all.TakeWhile(c => (sum += c.Weight) - c.Weight < limit)];
        }
        return all;
    }

    private static int Draw(List<(int Token, double Weight)> all, SplitMix random)
    {
        var place = random.NextDouble() * all.Sum(c => c.Weight);
        foreach (var (token, weight) in all)
        {
            place -= weight;
            if (place < 0)
                return token;
        }
        return all[^1].Token;
    }
}
