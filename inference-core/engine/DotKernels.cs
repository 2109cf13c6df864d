using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace InferenceCore.Engine;

/// <summary>
/// y[t, r] = Σₖ W[r, k]·x[t, k], and the one definition of a dot product that all of the engine uses:
/// sixteen partial sums, the l-th over k ≡ l (mod 16) in ascending order by fused multiply-add; then l + (l+8), then neighbours, then
/// neighbours of those, then the two that are left; then the columns past the last multiple of 16, one by one. Tiles only decide which
/// products are computed side by side, never the order within one, so a result does not depend on what else is computed.
/// </summary>
internal static unsafe class DotKernels
{
    private const int Lanes = 16;

    private const long PrefetchRows = 8;

    private const int CacheBytes = 24 << 10;

    /// <summary>Σ a[k]·b[k].</summary>
    public static float Dot(float* a, float* b, int count) => One<Float32Format>((byte*)a, b, count);

    /// <param name="w">[rows, columns], <paramref name="wStride"/> bytes from row to row.</param>
    /// <param name="wStride">See <paramref name="w"/>.</param>
    /// <param name="rows">Weight rows, or keys.</param>
    /// <param name="x">[tokens, columns], <paramref name="xStride"/> floats from token to token.</param>
    /// <param name="xStride">See <paramref name="x"/>.</param>
    /// <param name="y">[tokens, rows], <paramref name="yStride"/> floats from token to token.</param>
    /// <param name="yStride">See <paramref name="y"/>.</param>
    /// <param name="tokens">Tokens, or query heads.</param>
    /// <param name="columns">Length of the sums.</param>
    public static void Multiply<TFormat>(
        byte* w, long wStride, int rows, float* x, long xStride, float* y, long yStride, int tokens, int columns)
        where TFormat : struct, IWeightFormat
    {
        // As many tokens at a time as stay in the first-level cache while all weight rows pass by.
        var block = Math.Max(3, CacheBytes / (sizeof(float) * columns) / 3 * 3);
        for (var token = 0; token < tokens; token += block)
        {
            MultiplyBlock<TFormat>(
                w, wStride, rows, x + (token * xStride), xStride, y + (token * yStride), yStride, Math.Min(block, tokens - token), columns);
        }
    }

    private static void MultiplyBlock<TFormat>(
        byte* w, long wStride, int rows, float* x, long xStride, float* y, long yStride, int tokens, int columns)
        where TFormat : struct, IWeightFormat
    {
        var row = 0;
        for (; row + 4 <= rows; row += 4)
        {
            var w0 = w + (row * wStride);
            var token = 0;
            for (; token + 3 <= tokens; token += 3)
            {
                Tile2x3<TFormat>(w0, wStride, x + (token * xStride), xStride, y + (token * yStride) + row, yStride, columns);
                Tile2x3<TFormat>(w0 + (2 * wStride), wStride, x + (token * xStride), xStride, y + (token * yStride) + row + 2, yStride, columns);
            }

            for (; token < tokens; token++)
                Tile4x1<TFormat>(w0, wStride, x + (token * xStride), y + (token * yStride) + row, columns);
        }

        for (; row < rows; row++)
        {
            for (var token = 0; token < tokens; token++)
                y[(token * yStride) + row] = One<TFormat>(w + (row * wStride), x + (token * xStride), columns);
        }
    }

    private static float One<TFormat>(byte* w, float* x, int columns)
        where TFormat : struct, IWeightFormat
    {
        var low = Vector256<float>.Zero;
        var high = Vector256<float>.Zero;
        var whole = columns & ~(Lanes - 1);
        for (var k = 0; k < whole; k += Lanes)
        {
            low = Vector256.FusedMultiplyAdd(TFormat.LoadLow(w, k), Vector256.Load(x + k), low);
            high = Vector256.FusedMultiplyAdd(TFormat.LoadHigh(w, k), Vector256.Load(x + k + 8), high);
        }

        return Rest<TFormat>(w, x, whole, columns, Sum(low + high));
    }

    /// <summary>
    /// Four weight rows by one token: decode. Eight sums in flight hide the latency of the multiply-add; what is read is asked for two tiles
    /// before, because rows of a few hundred bytes end before the processor's own prefetcher has understood them (+15 to +60 % measured).
    /// </summary>
    private static void Tile4x1<TFormat>(byte* w0, long wStride, float* x, float* y, int columns)
        where TFormat : struct, IWeightFormat
    {
        byte* w1 = w0 + wStride, w2 = w1 + wStride, w3 = w2 + wStride;
        Vector256<float> l0 = default, l1 = default, l2 = default, l3 = default;
        Vector256<float> h0 = default, h1 = default, h2 = default, h3 = default;
        var whole = columns & ~(Lanes - 1);
        for (var k = 0; k < whole; k += Lanes)
        {
            if (Sse.IsSupported)
            {
                var ahead = (PrefetchRows * wStride) + (k * TFormat.BytesPerWeight);
                Sse.Prefetch0(w0 + ahead);
                Sse.Prefetch0(w1 + ahead);
                Sse.Prefetch0(w2 + ahead);
                Sse.Prefetch0(w3 + ahead);
            }

            var xl = Vector256.Load(x + k);
            var xh = Vector256.Load(x + k + 8);
            l0 = Vector256.FusedMultiplyAdd(TFormat.LoadLow(w0, k), xl, l0);
            h0 = Vector256.FusedMultiplyAdd(TFormat.LoadHigh(w0, k), xh, h0);
            l1 = Vector256.FusedMultiplyAdd(TFormat.LoadLow(w1, k), xl, l1);
            h1 = Vector256.FusedMultiplyAdd(TFormat.LoadHigh(w1, k), xh, h1);
            l2 = Vector256.FusedMultiplyAdd(TFormat.LoadLow(w2, k), xl, l2);
            h2 = Vector256.FusedMultiplyAdd(TFormat.LoadHigh(w2, k), xh, h2);
            l3 = Vector256.FusedMultiplyAdd(TFormat.LoadLow(w3, k), xl, l3);
            h3 = Vector256.FusedMultiplyAdd(TFormat.LoadHigh(w3, k), xh, h3);
        }

        Sum(l0 + h0, l1 + h1, l2 + h2, l3 + h3).Store(y);
        if (whole == columns)
            return;
        y[0] = Rest<TFormat>(w0, x, whole, columns, y[0]);
        y[1] = Rest<TFormat>(w1, x, whole, columns, y[1]);
        y[2] = Rest<TFormat>(w2, x, whole, columns, y[2]);
        y[3] = Rest<TFormat>(w3, x, whole, columns, y[3]);
    }

    /// <summary>Two weight rows by three tokens: prefill and batches. Twelve sums fill the sixteen registers.</summary>
    private static void Tile2x3<TFormat>(byte* w0, long wStride, float* x0, long xStride, float* y, long yStride, int columns)
        where TFormat : struct, IWeightFormat
    {
        var w1 = w0 + wStride;
        float* x1 = x0 + xStride, x2 = x1 + xStride;
        Vector256<float> l00 = default, l01 = default, l02 = default, l10 = default, l11 = default, l12 = default;
        Vector256<float> h00 = default, h01 = default, h02 = default, h10 = default, h11 = default, h12 = default;
        var whole = columns & ~(Lanes - 1);
        for (var k = 0; k < whole; k += Lanes)
        {
            // Low columns first, then high ones: so no more than three values live beside the sums, and none of those is spilled.
            var a = TFormat.LoadLow(w0, k);
            var b = TFormat.LoadLow(w1, k);
            var x = Vector256.Load(x0 + k);
            l00 = Vector256.FusedMultiplyAdd(a, x, l00);
            l10 = Vector256.FusedMultiplyAdd(b, x, l10);
            x = Vector256.Load(x1 + k);
            l01 = Vector256.FusedMultiplyAdd(a, x, l01);
            l11 = Vector256.FusedMultiplyAdd(b, x, l11);
            x = Vector256.Load(x2 + k);
            l02 = Vector256.FusedMultiplyAdd(a, x, l02);
            l12 = Vector256.FusedMultiplyAdd(b, x, l12);

            a = TFormat.LoadHigh(w0, k);
            b = TFormat.LoadHigh(w1, k);
            x = Vector256.Load(x0 + k + 8);
            h00 = Vector256.FusedMultiplyAdd(a, x, h00);
            h10 = Vector256.FusedMultiplyAdd(b, x, h10);
            x = Vector256.Load(x1 + k + 8);
            h01 = Vector256.FusedMultiplyAdd(a, x, h01);
            h11 = Vector256.FusedMultiplyAdd(b, x, h11);
            x = Vector256.Load(x2 + k + 8);
            h02 = Vector256.FusedMultiplyAdd(a, x, h02);
            h12 = Vector256.FusedMultiplyAdd(b, x, h12);
        }

        float* y1 = y + yStride, y2 = y1 + yStride;
        var four = Sum(l00 + h00, l10 + h10, l01 + h01, l11 + h11);
        var two = Sum(l02 + h02, l12 + h12, default, default);
        (y[0], y[1], y1[0], y1[1]) = (four.GetElement(0), four.GetElement(1), four.GetElement(2), four.GetElement(3));
        (y2[0], y2[1]) = (two.GetElement(0), two.GetElement(1));
        if (whole == columns)
            return;
        y[0] = Rest<TFormat>(w0, x0, whole, columns, y[0]);
        y[1] = Rest<TFormat>(w1, x0, whole, columns, y[1]);
        y1[0] = Rest<TFormat>(w0, x1, whole, columns, y1[0]);
        y1[1] = Rest<TFormat>(w1, x1, whole, columns, y1[1]);
        y2[0] = Rest<TFormat>(w0, x2, whole, columns, y2[0]);
        y2[1] = Rest<TFormat>(w1, x2, whole, columns, y2[1]);
    }

    private static float Rest<TFormat>(byte* w, float* x, int whole, int columns, float sum)
        where TFormat : struct, IWeightFormat
    {
        for (var k = whole; k < columns; k++)
            sum = MathF.FusedMultiplyAdd(TFormat.Load1(w, k), x[k], sum);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(Vector256<float> eight)
    {
        var pairs = eight + Vector256.Shuffle(eight, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6));
        var fours = pairs + Vector256.Shuffle(pairs, Vector256.Create(2, 3, 0, 1, 6, 7, 4, 5));
        return fours.GetElement(0) + fours.GetElement(4);
    }

    /// <summary>Four sums in the same order at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Sum(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        if (!Avx.IsSupported)
            return Vector128.Create(Sum(a), Sum(b), Sum(c), Sum(d));
        var fours = Avx.HorizontalAdd(Avx.HorizontalAdd(a, b), Avx.HorizontalAdd(c, d));
        return fours.GetLower() + fours.GetUpper();
    }
}
