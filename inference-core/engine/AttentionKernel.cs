using System.Runtime.Intrinsics;

namespace InferenceCore.Engine;

/// <summary>
/// Causal attention of the tokens of a step over their own sequences' caches; an item is one head of one token. Both kinds of attention are the
/// same sum over cache rows and differ only in where in a row a head finds its key and its value, which <see cref="AttentionShape"/> says.
/// Keys are visited in the order of their positions, so a token's result depends on nothing but its sequence.
/// </summary>
internal sealed unsafe class AttentionKernel : ComputeJob
{
    private readonly ComputePool _pool;
    private readonly AttentionShape _shape;
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
        _scores = new Activations(pool.Threads, maxPositions);
    }

    /// <param name="layer">Whose cache.</param>
    /// <param name="places">Sequence and position of each token; their cache rows up to and including the position are written.</param>
    /// <param name="tokens">How many.</param>
    /// <param name="queries">[tokens, heads·key width], rotated.</param>
    /// <param name="outputs">[tokens, heads·value width].</param>
    public void Attend(int layer, TokenPlace[] places, int tokens, Activations queries, Activations outputs)
    {
        (_layer, _places, _queries, _outputs) = (layer, places, queries, outputs);
        var items = tokens * _shape.Heads;
        var work = 0L;
        for (var token = 0; token < tokens; token++)
            work += (long)(places[token].Position + 1) * _shape.Heads * _shape.KeyWidth;
        if (work < 1 << 17)
            Run(0, items, 0);
        else
            _pool.Run(this, items, grain: 1);
    }

    public override void Run(int first, int last, int thread)
    {
        var scores = _scores.Row(thread);
        for (var item = first; item < last; item++)
        {
            var token = item / _shape.Heads;
            var head = item % _shape.Heads;
            Attend(
                _places[token].Cache,
                _places[token].Position + 1,
                head / _shape.HeadsPerKey,
                _queries!.Row(token) + (head * _shape.KeyWidth),
                _outputs!.Row(token) + (head * _shape.ValueWidth),
                scores);
        }
    }

    private void Attend(KvCache cache, int count, int keyHead, float* query, float* output, float* scores)
    {
        var keyOffset = keyHead * _shape.KeyWidth;
        for (var position = 0; position < count; position++)
            scores[position] = MatMul.Dot(query, cache.Row(_layer, position) + keyOffset, _shape.KeyWidth) * _shape.Scale;

        var sum = Elementwise.ExpAndSum(scores, count);

        var valueOffset = _shape.ValueOffset + (keyHead * _shape.ValueWidth);
        var start = 0;
        for (; start + 16 <= _shape.ValueWidth; start += 16)
        {
            var low = Vector256<float>.Zero;
            var high = Vector256<float>.Zero;
            for (var position = 0; position < count; position++)
            {
                var value = cache.Row(_layer, position) + valueOffset + start;
                var p = Vector256.Create(scores[position]);
                low = Vector256.FusedMultiplyAdd(p, Vector256.Load(value), low);
                high = Vector256.FusedMultiplyAdd(p, Vector256.Load(value + 8), high);
            }

            (low / sum).Store(output + start);
            (high / sum).Store(output + start + 8);
        }

        for (; start < _shape.ValueWidth; start++)
        {
            var total = 0f;
            for (var position = 0; position < count; position++)
                total = MathF.FusedMultiplyAdd(scores[position], cache.Row(_layer, position)[valueOffset + start], total);
            output[start] = total / sum;
        }
    }
}
