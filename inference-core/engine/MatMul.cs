using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace InferenceCore.Engine;

/// <summary>
/// y[t, r] = Σₖ W[r, k]·x[t, k], and the one definition of a dot product that all of the engine uses:
/// sixteen partial sums, the l-th over k ≡ l (mod 16) in ascending order by fused multiply-add; then l + (l+8), + (l+4), + (l+2), + (l+1);
/// then the columns past the last multiple of 16, one by one. Tiles only decide which products are computed side by side, never the
/// order within one, so a row's result does not depend on what else is in the batch or on how many threads take part.
/// </summary>
internal sealed unsafe class MatMul(ComputePool pool) : ComputeJob
{
    private const int Lanes = 16;

    // Below this many multiplications a product is not worth waking another thread for (some 10 µs of work).
    private const int ParallelFrom = 1 << 18;

    private Matrix? _w;
    private float* _x;
    private float* _y;
    private int _xStride;
    private int _yStride;
    private int _tokens;

    /// <param name="w">[R, K].</param>
    /// <param name="x">[tokens, K], <paramref name="xStride"/> floats from token to token.</param>
    /// <param name="xStride">See <paramref name="x"/>.</param>
    /// <param name="y">[tokens, R], <paramref name="yStride"/> floats from token to token.</param>
    /// <param name="yStride">See <paramref name="y"/>.</param>
    /// <param name="tokens">Rows of x and y.</param>
    public void Multiply(Matrix w, float* x, int xStride, float* y, int yStride, int tokens)
    {
        _w = w;
        _x = x;
        _xStride = xStride;
        _y = y;
        _yStride = yStride;
        _tokens = tokens;
        if ((long)w.Rows * w.Columns * tokens < ParallelFrom)
            Run(0, w.Rows, 0);
        else
            pool.Run(this, w.Rows, grain: 4);
    }

    /// <summary>The same with the bias added last.</summary>
    public void Multiply(Linear linear, Activations x, Activations y, int tokens)
    {
        Multiply(linear.Weight, x.Row(0), x.Stride, y.Row(0), y.Stride, tokens);
        if (linear.Bias is not { } bias)
            return;
        for (var token = 0; token < tokens; token++)
            Elementwise.Add(y.Span(token)[..bias.Length], bias);
    }

    /// <summary>Weight rows <paramref name="first"/>..<paramref name="last"/>-1 for all tokens.</summary>
    public override void Run(int first, int last, int thread)
    {
        switch (_w!.Type)
        {
            case WeightType.BFloat16:
                MultiplyRows<BFloat16Format>(_w, first, last);
                break;
            case WeightType.Float32:
                MultiplyRows<Float32Format>(_w, first, last);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Σ a[k]·b[k], both float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Dot(float* a, float* b, int count)
    {
        var low = Vector256<float>.Zero;
        var high = Vector256<float>.Zero;
        var whole = count & ~(Lanes - 1);
        for (var k = 0; k < whole; k += Lanes)
        {
            low = Vector256.FusedMultiplyAdd(Vector256.Load(a + k), Vector256.Load(b + k), low);
            high = Vector256.FusedMultiplyAdd(Vector256.Load(a + k + 8), Vector256.Load(b + k + 8), high);
        }

        var sum = Sum(low, high);
        for (var k = whole; k < count; k++)
            sum = MathF.FusedMultiplyAdd(a[k], b[k], sum);
        return sum;
    }

    private void MultiplyRows<TFormat>(Matrix w, int first, int last)
        where TFormat : struct, IWeightFormat
    {
        var columns = w.Columns;
        var row = first;
        for (; row + 4 <= last; row += 4)
        {
            byte* w0 = w.Row(row), w1 = w.Row(row + 1), w2 = w.Row(row + 2), w3 = w.Row(row + 3);
            var token = 0;
            for (; token + 3 <= _tokens; token += 3)
            {
                var x = _x + ((long)token * _xStride);
                var y = _y + ((long)token * _yStride) + row;
                Tile2x3<TFormat>(w0, w1, x, _xStride, y, _yStride, columns);
                Tile2x3<TFormat>(w2, w3, x, _xStride, y + 2, _yStride, columns);
            }

            for (; token < _tokens; token++)
                Tile4x1<TFormat>(w0, w1, w2, w3, _x + ((long)token * _xStride), _y + ((long)token * _yStride) + row, columns);
        }

        for (; row < last; row++)
        {
            for (var token = 0; token < _tokens; token++)
                _y[((long)token * _yStride) + row] = Dot<TFormat>(w.Row(row), _x + ((long)token * _xStride), columns);
        }
    }

    private static float Dot<TFormat>(byte* w, float* x, int columns)
        where TFormat : struct, IWeightFormat
    {
        var low = Vector256<float>.Zero;
        var high = Vector256<float>.Zero;
        var whole = columns & ~(Lanes - 1);
        for (var k = 0; k < whole; k += Lanes)
        {
            var (l, h) = TFormat.Load16(w, k);
            low = Vector256.FusedMultiplyAdd(l, Vector256.Load(x + k), low);
            high = Vector256.FusedMultiplyAdd(h, Vector256.Load(x + k + 8), high);
        }

        return Finish<TFormat>(w, x, whole, columns, low, high);
    }

    /// <summary>Four weight rows by one token: decode. Eight sums in flight hide the latency of the multiply-add.</summary>
    private static void Tile4x1<TFormat>(byte* w0, byte* w1, byte* w2, byte* w3, float* x, float* y, int columns)
        where TFormat : struct, IWeightFormat
    {
        Vector256<float> l0 = default, l1 = default, l2 = default, l3 = default;
        Vector256<float> h0 = default, h1 = default, h2 = default, h3 = default;
        var whole = columns & ~(Lanes - 1);
        for (var k = 0; k < whole; k += Lanes)
        {
            var xl = Vector256.Load(x + k);
            var xh = Vector256.Load(x + k + 8);
            var (l, h) = TFormat.Load16(w0, k);
            l0 = Vector256.FusedMultiplyAdd(l, xl, l0);
            h0 = Vector256.FusedMultiplyAdd(h, xh, h0);
            (l, h) = TFormat.Load16(w1, k);
            l1 = Vector256.FusedMultiplyAdd(l, xl, l1);
            h1 = Vector256.FusedMultiplyAdd(h, xh, h1);
            (l, h) = TFormat.Load16(w2, k);
            l2 = Vector256.FusedMultiplyAdd(l, xl, l2);
            h2 = Vector256.FusedMultiplyAdd(h, xh, h2);
            (l, h) = TFormat.Load16(w3, k);
            l3 = Vector256.FusedMultiplyAdd(l, xl, l3);
            h3 = Vector256.FusedMultiplyAdd(h, xh, h3);
        }

        y[0] = Finish<TFormat>(w0, x, whole, columns, l0, h0);
        y[1] = Finish<TFormat>(w1, x, whole, columns, l1, h1);
        y[2] = Finish<TFormat>(w2, x, whole, columns, l2, h2);
        y[3] = Finish<TFormat>(w3, x, whole, columns, l3, h3);
    }

    /// <summary>Two weight rows by three tokens: prefill and batches. Twelve sums fill the sixteen registers.</summary>
    private static void Tile2x3<TFormat>(byte* w0, byte* w1, float* x, int xStride, float* y, int yStride, int columns)
        where TFormat : struct, IWeightFormat
    {
        Vector256<float> l00 = default, l01 = default, l02 = default, l10 = default, l11 = default, l12 = default;
        Vector256<float> h00 = default, h01 = default, h02 = default, h10 = default, h11 = default, h12 = default;
        float* x0 = x, x1 = x + xStride, x2 = x + (2L * xStride);
        var whole = columns & ~(Lanes - 1);
        for (var k = 0; k < whole; k += Lanes)
        {
            var (l, h) = TFormat.Load16(w0, k);
            l00 = Vector256.FusedMultiplyAdd(l, Vector256.Load(x0 + k), l00);
            l01 = Vector256.FusedMultiplyAdd(l, Vector256.Load(x1 + k), l01);
            l02 = Vector256.FusedMultiplyAdd(l, Vector256.Load(x2 + k), l02);
            h00 = Vector256.FusedMultiplyAdd(h, Vector256.Load(x0 + k + 8), h00);
            h01 = Vector256.FusedMultiplyAdd(h, Vector256.Load(x1 + k + 8), h01);
            h02 = Vector256.FusedMultiplyAdd(h, Vector256.Load(x2 + k + 8), h02);
            (l, h) = TFormat.Load16(w1, k);
            l10 = Vector256.FusedMultiplyAdd(l, Vector256.Load(x0 + k), l10);
            l11 = Vector256.FusedMultiplyAdd(l, Vector256.Load(x1 + k), l11);
            l12 = Vector256.FusedMultiplyAdd(l, Vector256.Load(x2 + k), l12);
            h10 = Vector256.FusedMultiplyAdd(h, Vector256.Load(x0 + k + 8), h10);
            h11 = Vector256.FusedMultiplyAdd(h, Vector256.Load(x1 + k + 8), h11);
            h12 = Vector256.FusedMultiplyAdd(h, Vector256.Load(x2 + k + 8), h12);
        }

        y[0] = Finish<TFormat>(w0, x0, whole, columns, l00, h00);
        y[1] = Finish<TFormat>(w1, x0, whole, columns, l10, h10);
        y += yStride;
        y[0] = Finish<TFormat>(w0, x1, whole, columns, l01, h01);
        y[1] = Finish<TFormat>(w1, x1, whole, columns, l11, h11);
        y += yStride;
        y[0] = Finish<TFormat>(w0, x2, whole, columns, l02, h02);
        y[1] = Finish<TFormat>(w1, x2, whole, columns, l12, h12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Finish<TFormat>(byte* w, float* x, int whole, int columns, Vector256<float> low, Vector256<float> high)
        where TFormat : struct, IWeightFormat
    {
        var sum = Sum(low, high);
        for (var k = whole; k < columns; k++)
            sum = MathF.FusedMultiplyAdd(TFormat.Load1(w, k), x[k], sum);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(Vector256<float> low, Vector256<float> high)
    {
        var eight = low + high;
        var four = eight.GetLower() + eight.GetUpper();
        var two = four + Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1));
        return two.ToScalar() + two.GetElement(1);
    }
}
