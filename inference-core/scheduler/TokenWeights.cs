using System.Numerics;
using System.Runtime.Intrinsics;

namespace InferenceCore.Scheduling;

/// <summary>
/// What every token of a vocabulary weighs beside the likeliest, exp((logit − max) / temperature), in double: the sums over 150 000 tokens decide at
/// the edges. Sums are kept for blocks of tokens, so that a place in the whole is found without adding all of it up again. A row of a large
/// vocabulary costs what its exponentials cost, four at a time. One sampler uses it at a time.
/// </summary>
internal sealed class TokenWeights
{
    private const int BlockTokens = 1024;

    private double[] _weights = [];
    private double[] _sums = [];
    private (int Token, double Weight)[] _candidates = [];
    private int _tokens;
    private int _lastBlock; // of those that weigh anything

    /// <summary>All weights together.</summary>
    public double Total { get; private set; }

    /// <summary>Tokens that weigh anything.</summary>
    public int Count { get; private set; }

    /// <param name="logits">[V].</param>
    /// <param name="temperature">Above 0.</param>
    /// <param name="least">Tokens that weigh less weigh nothing; 0..1.</param>
    public void Fill(ReadOnlySpan<float> logits, float temperature, float least)
    {
        _tokens = logits.Length;
        var blocks = (_tokens + BlockTokens - 1) / BlockTokens;
        if (_weights.Length < _tokens)
            (_weights, _sums) = (new double[_tokens], new double[blocks]);
        var max = Max(logits);
        (Total, Count, _lastBlock) = (0, 0, 0);
        for (var block = 0; block < blocks; block++)
        {
            var first = block * BlockTokens;
            var tokens = Math.Min(BlockTokens, _tokens - first);
            _sums[block] = FillBlock(logits.Slice(first, tokens), max, temperature, least, _weights.AsSpan(first, tokens));
            Total += _sums[block];
            if (_sums[block] > 0)
                _lastBlock = block;
        }
    }

    /// <summary>The token at <paramref name="place"/> of <see cref="Total"/>, counted from token 0 on; some token weighs something.</summary>
    public int At(double place)
    {
        var block = 0;
        while (block < _lastBlock && place >= _sums[block])
            place -= _sums[block++];
        var last = 0;
        for (var token = block * BlockTokens; token < Math.Min(_tokens, (block + 1) * BlockTokens); token++)
        {
            if (_weights[token] <= 0)
                continue;
            last = token;
            place -= _weights[token];
            if (place < 0)
                return token;
        }
        return last; // Rounding may leave a trifle behind the last one.
    }

    /// <summary>The tokens that weigh at least <paramref name="least"/>, heaviest first, of equals the lower token; good until the next call.</summary>
    public ReadOnlySpan<(int Token, double Weight)> AtLeast(double least)
    {
        Room(_tokens);
        var count = 0;
        for (var token = 0; token < _tokens; token++)
        {
            if (_weights[token] > 0 && _weights[token] >= least)
                _candidates[count++] = (token, _weights[token]);
        }
        return Sorted(count);
    }

    /// <summary>The <paramref name="most"/> heaviest tokens, in the same order.</summary>
    public ReadOnlySpan<(int Token, double Weight)> Heaviest(int most)
    {
        // A heap whose root is the worst that is kept: of a large vocabulary hardly any token gets past the root.
        most = Math.Min(most, Count);
        Room(most);
        var count = 0;
        for (var token = 0; token < _tokens; token++)
        {
            var weight = _weights[token];
            if (weight <= 0)
                continue;
            if (count < most)
            {
                _candidates[count++] = (token, weight);
                if (count == most)
                {
                    for (var i = (most / 2) - 1; i >= 0; i--)
                        Sink(i, most);
                }
            }
            else if (weight > _candidates[0].Weight)
            {
                // An equal one comes later, and of equals the lower token counts.
                _candidates[0] = (token, weight);
                Sink(0, most);
            }
        }
        return Sorted(count);
    }

    private static float Max(ReadOnlySpan<float> logits)
    {
        var max = float.NegativeInfinity;
        var i = 0;
        if (logits.Length >= Vector256<float>.Count)
        {
            var lanes = Vector256.Create(float.NegativeInfinity);
            for (; i + Vector256<float>.Count <= logits.Length; i += Vector256<float>.Count)
                lanes = Vector256.Max(lanes, Vector256.Create(logits[i..]));
            for (var lane = 0; lane < Vector256<float>.Count; lane++)
                max = Math.Max(max, lanes[lane]);
        }
        for (; i < logits.Length; i++)
            max = Math.Max(max, logits[i]);
        return max;
    }

    private double FillBlock(ReadOnlySpan<float> logits, float max, double temperature, double least, Span<double> weights)
    {
        var (sumLow, sumHigh, count) = (Vector256<double>.Zero, Vector256<double>.Zero, 0);
        var i = 0;
        for (; i + Vector256<float>.Count <= logits.Length; i += Vector256<float>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(logits[i..]) - Vector256.Create(max));
            low = Weight(low, temperature, least);
            high = Weight(high, temperature, least);
            low.CopyTo(weights[i..]);
            high.CopyTo(weights[(i + 4)..]);
            (sumLow, sumHigh) = (sumLow + low, sumHigh + high);
            count += Positive(low) + Positive(high);
        }

        var sum = Vector256.Sum(sumLow + sumHigh);
        for (; i < logits.Length; i++)
        {
            // By the same arithmetic as the others: where a token stands must not change what it weighs.
            weights[i] = Weight(Vector256.Create((double)(logits[i] - max)), temperature, least)[0];
            sum += weights[i];
            count += weights[i] > 0 ? 1 : 0;
        }
        Count += count;
        return sum;
    }

    private static Vector256<double> Weight(Vector256<double> difference, double temperature, double least)
    {
        var weight = Vector256.Exp(difference / Vector256.Create(temperature));
        return Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(weight, Vector256.Create(least)), weight, Vector256<double>.Zero);
    }

    private static int Positive(Vector256<double> weights) =>
        BitOperations.PopCount(Vector256.GreaterThan(weights, Vector256<double>.Zero).ExtractMostSignificantBits());

    private void Room(int candidates)
    {
        if (_candidates.Length < candidates)
            _candidates = new (int, double)[candidates];
    }

    private ReadOnlySpan<(int Token, double Weight)> Sorted(int count)
    {
        var kept = _candidates.AsSpan(0, count);
        kept.Sort(static (a, b) => a.Weight != b.Weight ? b.Weight.CompareTo(a.Weight) : a.Token.CompareTo(b.Token));
        return kept;
    }

    private void Sink(int at, int count)
    {
        while (true)
        {
            var worst = at;
            for (var child = (2 * at) + 1; child <= (2 * at) + 2 && child < count; child++)
            {
                if (IsWorse(_candidates[child], _candidates[worst]))
                    worst = child;
            }
            if (worst == at)
                return;
            (_candidates[at], _candidates[worst]) = (_candidates[worst], _candidates[at]);
            at = worst;
        }
    }

    private static bool IsWorse((int Token, double Weight) a, (int Token, double Weight) b) =>
        a.Weight != b.Weight ? a.Weight < b.Weight : a.Token > b.Token;
}
