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
        // Weights relative to the likeliest, in double: the sums over 130 000 tokens decide at the edges.
        var max = logits[Greedy.Pick(logits)];
        var candidates = scratch.Candidates(logits.Length);
        var count = 0;
        var total = 0.0;
        for (var token = 0; token < logits.Length; token++)
        {
            var weight = Math.Exp((logits[token] - max) / (double)_options.Temperature);
            if (weight <= 0 || weight < _options.MinP)
                continue;
            candidates[count++] = (token, weight);
            total += weight;
        }
        if (_options.TopK > 0 || _options.TopP < 1)
            (count, total) = Nucleus(candidates, count, total);

        var target = SplitMix.At(_options.Seed, _choice, _position).NextDouble() * total;
        for (var i = 0; i < count; i++)
        {
            target -= candidates[i].Weight;
            if (target < 0)
                return candidates[i].Token;
        }
        return candidates[count - 1].Token;
    }

    /// <summary>Keeps the likeliest candidates in order and says how many and what they weigh together.</summary>
    private (int Count, double Total) Nucleus((int Token, double Weight)[] candidates, int count, double total)
    {
        // A token lighter than an equal share of what top-p leaves over cannot be in the nucleus; that spares sorting most of them.
        var floor = _options.TopP < 1 && _options.TopK == 0 ? total * (1 - (double)_options.TopP) / count : 0;
        var kept = 0;
        for (var i = 0; i < count; i++)
        {
            if (candidates[i].Weight >= floor)
                candidates[kept++] = candidates[i];
        }
        candidates.AsSpan(0, kept).Sort(static (a, b) => a.Weight != b.Weight ? b.Weight.CompareTo(a.Weight) : a.Token.CompareTo(b.Token));
        if (_options.TopK > 0 && _options.TopK < kept)
        {
            kept = _options.TopK;
            total = Sum(candidates, kept);
        }
        var limit = total * _options.TopP;
        var sum = 0.0;
        for (var i = 0; i < kept; i++)
        {
            sum += candidates[i].Weight;
            if (sum >= limit)
                return (i + 1, sum);
        }
        return (kept, sum);
    }

    private static double Sum((int Token, double Weight)[] candidates, int count)
    {
        var sum = 0.0;
        for (var i = 0; i < count; i++)
            sum += candidates[i].Weight;
        return sum;
    }
}
