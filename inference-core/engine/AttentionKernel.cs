using System.Runtime.Intrinsics;

namespace InferenceCore.Engine;

/// <summary>
/// Causal attention of the tokens of a step over their own sequences' caches. Both kinds of attention are the same sum over cache rows and
/// differ only in where in a row a head finds its key and its value, which <see cref="AttentionShape"/> says. Heads that share a key go together,
/// so that each cache row is read once for up to <see cref="HeadsAtOnce"/> of them. Keys are visited in the order of their positions and scores
/// are <see cref="DotKernels"/>' dot products, so a token's result depends on nothing but its sequence.
/// </summary>
internal sealed unsafe class AttentionKernel : ComputeJob
{
    private const int HeadsAtOnce = 8;

    // Below this many multiplications a layer's attention is not worth waking another thread for.
    private const int ParallelFrom = 1 << 18;

    private readonly ComputePool _pool;
    private readonly AttentionShape _shape;
    private readonly int _groupsPerKey;
    private readonly Activations _scores;
    private TokenPlace[] _places = [];
    private Activations? _queries;
    private Activations? _outputs;
    private int _layer;

    /// <param name="pool">Threads.</param>
    /// <param name="shape">Where heads find things.</param>
    /// <param name="maxPositions">Longest sequence.</param>
    public AttentionKernel(ComputePool pool, AttentionShape shape, int maxPositions)
    {
        _pool = pool;
        _shape = shape;
        _groupsPerKey = (shape.HeadsPerKey + HeadsAtOnce - 1) / HeadsAtOnce;
        _scores = new Activations(pool.Threads * HeadsAtOnce, maxPositions);
    }

    /// <param name="layer">Whose cache.</param>
    /// <param name="places">Sequence and position of each token; their cache rows up to and including the position are written.</param>
    /// <param name="tokens">How many.</param>
    /// <param name="queries">[tokens, heads·key width], rotated.</param>
    /// <param name="outputs">[tokens, heads·value width].</param>
    public void Attend(int layer, TokenPlace[] places, int tokens, Activations queries, Activations outputs)
    {
        (_layer, _places, _queries, _outputs) = (layer, places, queries, outputs);
        var items = tokens * _shape.KeyHeads * _groupsPerKey;
        var positions = 0L;
        for (var token = 0; token < tokens; token++)
            positions += places[token].Position + 1;
        if (positions * _shape.Heads * (_shape.KeyWidth + _shape.ValueWidth) < ParallelFrom)
            Run(0, items, 0);
        else
            _pool.Run(this, items, grain: 1);
    }

    /// <summary>An item is a group of heads of one token.</summary>
    public override void Run(int first, int last, int thread)
    {
        var scores = _scores.Row(thread * HeadsAtOnce);
        for (var item = first; item < last; item++)
        {
            var group = item % _groupsPerKey;
            var keyHead = item / _groupsPerKey % _shape.KeyHeads;
            var token = item / _groupsPerKey / _shape.KeyHeads;
            var head = (keyHead * _shape.HeadsPerKey) + (group * HeadsAtOnce);
            var heads = Math.Min(HeadsAtOnce, _shape.HeadsPerKey - (group * HeadsAtOnce));
            Attend(
                _places[token].Cache,
                _places[token].Position + 1,
                keyHead,
                heads,
                _queries!.Row(token) + (head * _shape.KeyWidth),
                _outputs!.Row(token) + (head * _shape.ValueWidth),
                scores);
        }
    }

    private void Attend(KvCache cache, int count, int keyHead, int heads, float* queries, float* outputs, float* scores)
    {
        var keyOffset = keyHead * _shape.KeyWidth;
        for (var position = 0; position < count; position += KvCache.BlockTokens)
        {
            var keys = cache.Block(_layer, position / KvCache.BlockTokens) + keyOffset;
            var rows = Math.Min(KvCache.BlockTokens, count - position);
            DotKernels.Multiply<Float32Format>(
                (byte*)keys, (long)cache.Width * sizeof(float), rows, queries, _shape.KeyWidth, scores + position, _scores.Stride, heads, _shape.KeyWidth);
        }

        for (var head = 0; head < heads; head++)
            Elementwise.Softmax(scores + ((long)head * _scores.Stride), count, _shape.Scale);

        var valueOffset = _shape.ValueOffset + (keyHead * _shape.ValueWidth);
        new Span<float>(outputs, heads * _shape.ValueWidth).Clear();
        for (var position = 0; position < count; position += KvCache.BlockTokens)
        {
            var values = cache.Block(_layer, position / KvCache.BlockTokens) + valueOffset;
            var rows = Math.Min(KvCache.BlockTokens, count - position);
            var head = 0;
            for (; head + 4 <= heads; head += 4)
                Mix4(values, cache.Width, rows, scores + ((long)head * _scores.Stride) + position, outputs + (head * _shape.ValueWidth));
            for (; head < heads; head++)
                Mix1(values, cache.Width, rows, scores + ((long)head * _scores.Stride) + position, outputs + (head * _shape.ValueWidth));
        }
    }

    /// <summary>outputs[h] += Σ weights[h, p]·values[p] for four heads; ascending p, one multiply-add each.</summary>
    private void Mix4(float* values, int stride, int rows, float* weights, float* outputs)
    {
        var width = _shape.ValueWidth;
        float* p0 = weights, p1 = p0 + _scores.Stride, p2 = p1 + _scores.Stride, p3 = p2 + _scores.Stride;
        var column = 0;
        for (; column + 16 <= width; column += 16)
        {
            float* o0 = outputs + column, o1 = o0 + width, o2 = o1 + width, o3 = o2 + width;
            Vector256<float> a0 = Vector256.Load(o0), a1 = Vector256.Load(o1), a2 = Vector256.Load(o2), a3 = Vector256.Load(o3);
            Vector256<float> b0 = Vector256.Load(o0 + 8), b1 = Vector256.Load(o1 + 8), b2 = Vector256.Load(o2 + 8), b3 = Vector256.Load(o3 + 8);
            var value = values + column;
            for (var row = 0; row < rows; row++, value += stride)
            {
                var low = Vector256.Load(value);
                var high = Vector256.Load(value + 8);
                a0 = Vector256.FusedMultiplyAdd(Vector256.Create(p0[row]), low, a0);
                b0 = Vector256.FusedMultiplyAdd(Vector256.Create(p0[row]), high, b0);
                a1 = Vector256.FusedMultiplyAdd(Vector256.Create(p1[row]), low, a1);
                b1 = Vector256.FusedMultiplyAdd(Vector256.Create(p1[row]), high, b1);
                a2 = Vector256.FusedMultiplyAdd(Vector256.Create(p2[row]), low, a2);
                b2 = Vector256.FusedMultiplyAdd(Vector256.Create(p2[row]), high, b2);
                a3 = Vector256.FusedMultiplyAdd(Vector256.Create(p3[row]), low, a3);
                b3 = Vector256.FusedMultiplyAdd(Vector256.Create(p3[row]), high, b3);
            }

            a0.Store(o0);
            a1.Store(o1);
            a2.Store(o2);
            a3.Store(o3);
            b0.Store(o0 + 8);
            b1.Store(o1 + 8);
            b2.Store(o2 + 8);
            b3.Store(o3 + 8);
        }

        for (var head = 0; head < 4; head++)
            MixColumns(values, stride, rows, weights + ((long)head * _scores.Stride), outputs + (head * width), column);
    }

    /// <summary>The same for one head.</summary>
    private void Mix1(float* values, int stride, int rows, float* weights, float* output)
    {
        var column = 0;
        for (; column + 16 <= _shape.ValueWidth; column += 16)
        {
            var low = Vector256.Load(output + column);
            var high = Vector256.Load(output + column + 8);
            var value = values + column;
            for (var row = 0; row < rows; row++, value += stride)
            {
                low = Vector256.FusedMultiplyAdd(Vector256.Create(weights[row]), Vector256.Load(value), low);
                high = Vector256.FusedMultiplyAdd(Vector256.Create(weights[row]), Vector256.Load(value + 8), high);
            }

            low.Store(output + column);
            high.Store(output + column + 8);
        }

        MixColumns(values, stride, rows, weights, output, column);
    }

    private void MixColumns(float* values, int stride, int rows, float* weights, float* output, int column)
    {
        for (; column < _shape.ValueWidth; column++)
        {
            var sum = output[column];
            for (var row = 0; row < rows; row++)
                sum = MathF.FusedMultiplyAdd(weights[row], values[((long)row * stride) + column], sum);
            output[column] = sum;
        }
    }
}
