using InferenceCore.Engine;

namespace InferenceCore.Scheduling;

/// <summary>
/// Chooses the next token of one answer. Depends on nothing but its options, the tokens before it and the logits, so that an answer does not
/// depend on its neighbours in the batch or on when it was computed. Order as in vLLM: bias, forbidden ends, penalties, temperature, min-p,
/// top-k, top-p.
/// </summary>
internal sealed class Sampler
{
    private readonly SamplingOptions _options;
    private readonly int _choice;
    private readonly IReadOnlyList<int> _endTokens;
    private readonly Dictionary<int, int> _generated = [];
    private readonly HashSet<int> _prompt = [];
    private int _position;

    /// <param name="prompt">Counts for the repetition penalty.</param>
    /// <param name="generated">The answer so far: what follows is as if this sampler had drawn it.</param>
    /// <param name="endTokens">Not drawn before <see cref="SamplingOptions.MinTokens"/>.</param>
    public Sampler(
        SamplingOptions options, int choice, IReadOnlyList<int>? prompt = null, IReadOnlyList<int>? generated = null, IReadOnlyList<int>? endTokens = null)
    {
        _options = options;
        _choice = choice;
        _endTokens = endTokens ?? [];
        if (options.RepetitionPenalty != 1)
            _prompt.UnionWith(prompt ?? []);
        foreach (var token in generated ?? [])
            Count(token);
    }

    public Sampler(SequenceRequest request)
        : this(request.Sampling, request.Choice, request.Prompt, request.Generated, request.EndTokens)
    {
    }

    /// <summary>
    /// The next token is the likeliest of the logits as they are: nothing is added to them, taken off or forbidden, and no chance is in it.
    /// </summary>
    public bool TakesBest => _options is { Temperature: <= 0, LogitBias.Count: 0, RepetitionPenalty: 1, PresencePenalty: 0, FrequencyPenalty: 0 }
        && (_position >= _options.MinTokens || _endTokens.Count == 0);

    /// <param name="forward">Whose last step.</param>
    /// <param name="row">Of its logits.</param>
    /// <param name="scratch">Room shared by all samplers of a scheduler.</param>
    public int Next(IForward forward, int row, SamplerScratch scratch)
    {
        if (!TakesBest)
            return Next(forward.Logits(row), scratch);
        var token = forward.Best(row);
        Count(token);
        return token;
    }

    /// <param name="logits">[V]; changed in place.</param>
    /// <param name="scratch">Room shared by all samplers of a scheduler.</param>
    public int Next(Span<float> logits, SamplerScratch scratch)
    {
        Adjust(logits);
        var token = _options.Temperature <= 0 ? Greedy.Pick(logits) : Draw(logits, scratch);
        Count(token);
        return token;
    }

    /// <summary>The next token was <paramref name="token"/>, whoever chose it.</summary>
    public void Count(int token)
    {
        _generated[token] = _generated.GetValueOrDefault(token) + 1;
        _position++;
    }

    private void Adjust(Span<float> logits)
    {
        foreach (var (token, bias) in _options.LogitBias)
            logits[token] += bias;
        if (_position < _options.MinTokens)
        {
            foreach (var end in _endTokens)
                logits[end] = float.NegativeInfinity;
        }
        if (_options.RepetitionPenalty != 1)
            Repel(logits);
        if (_options.PresencePenalty == 0 && _options.FrequencyPenalty == 0)
            return;
        foreach (var (token, count) in _generated)
            logits[token] -= _options.PresencePenalty + (_options.FrequencyPenalty * count);
    }

    /// <summary>Keskar et al. 2019 (CTRL): whoever was there, in prompt or answer, becomes less likely whatever the sign of its logit.</summary>
    private void Repel(Span<float> logits)
    {
        foreach (var token in _prompt)
            logits[token] = Repelled(logits[token]);
        foreach (var token in _generated.Keys)
        {
            if (!_prompt.Contains(token))
                logits[token] = Repelled(logits[token]);
        }
    }

    private float Repelled(float logit) => logit > 0 ? logit / _options.RepetitionPenalty : logit * _options.RepetitionPenalty;

    private int Draw(Span<float> logits, SamplerScratch scratch)
    {
        var weights = scratch.Weights;
        weights.Fill(logits, _options.Temperature, _options.MinP);
        if (weights.Count == 0)
            return Greedy.Pick(logits); // Everything was forbidden.
        var chance = SplitMix.At(_options.Seed, _choice, _position).NextDouble();
        if (_options.TopK == 0 && _options.TopP >= 1)
            return weights.At(chance * weights.Total);

        // A token lighter than an equal share of what top-p leaves over cannot be in the nucleus; that spares sorting most of them.
        var candidates = _options.TopK > 0
            ? weights.Heaviest(_options.TopK)
            : weights.AtLeast(weights.Total * (1 - (double)_options.TopP) / weights.Count);
        var (count, total) = Nucleus(candidates, _options.TopK > 0 ? Sum(candidates) : weights.Total);
        var place = chance * total;
        foreach (var (token, weight) in candidates[..count])
        {
            place -= weight;
            if (place < 0)
                return token;
        }
        return candidates[count - 1].Token;
    }

    /// <summary>How many of the heaviest candidates are needed for top-p of <paramref name="total"/>, and what they weigh together.</summary>
    private (int Count, double Total) Nucleus(ReadOnlySpan<(int Token, double Weight)> candidates, double total)
    {
        var limit = total * _options.TopP;
        var sum = 0.0;
        for (var i = 0; i < candidates.Length; i++)
        {
            sum += candidates[i].Weight;
            if (sum >= limit)
                return (i + 1, sum);
        }
        return (candidates.Length, sum);
    }

    private static double Sum(ReadOnlySpan<(int Token, double Weight)> candidates)
    {
        var sum = 0.0;
        foreach (var (_, weight) in candidates)
            sum += weight;
        return sum;
    }
}
