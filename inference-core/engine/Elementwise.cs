using System.Runtime.Intrinsics;

namespace InferenceCore.Engine;

/// <summary>What happens to vectors between the matrix products. Every function's result for a row depends on that row alone.</summary>
internal static unsafe class Elementwise
{
    /// <summary>target += other.</summary>
    public static void Add(Span<float> target, ReadOnlySpan<float> other)
    {
        for (var i = 0; i < target.Length; i++)
            target[i] += other[i];
    }

    /// <summary>target += factor · other.</summary>
    public static void AddScaled(Span<float> target, ReadOnlySpan<float> other, float factor)
    {
        for (var i = 0; i < target.Length; i++)
            target[i] = MathF.FusedMultiplyAdd(factor, other[i], target[i]);
    }

    /// <summary>output = input / sqrt(mean(input²) + epsilon) · weight. Input and output may be the same.</summary>
    public static void RmsNorm(float* input, float* output, ReadOnlySpan<float> weight, float epsilon)
    {
        var scale = 1f / MathF.Sqrt((MatMul.Dot(input, input, weight.Length) / weight.Length) + epsilon);
        for (var i = 0; i < weight.Length; i++)
            output[i] = input[i] * scale * weight[i];
    }

    /// <summary>output[i] = silu(gate[i]) · up[i], silu(z) = z / (1 + e⁻ᶻ).</summary>
    public static void SwiGlu(float* gate, float* up, float* output, int count)
    {
        var i = 0;
        for (; i + 8 <= count; i += 8)
            SwiGlu(Vector256.Load(gate + i), Vector256.Load(up + i)).Store(output + i);
        if (i == count)
            return;

        // The remainder goes through the same vector code, so that a value does not depend on where it stands.
        var g = stackalloc float[8];
        var u = stackalloc float[8];
        for (var k = i; k < count; k++)
            (g[k - i], u[k - i]) = (gate[k], up[k]);
        SwiGlu(Vector256.Load(g), Vector256.Load(u)).Store(g);
        for (var k = i; k < count; k++)
            output[k] = g[k - i];
    }

    /// <summary>
    /// scores[i] becomes e^(scores[i] − max), summed in ascending order within eight lanes; returns the sum. The caller divides where it is cheaper.
    /// <paramref name="scores"/> has room up to the next multiple of eight.
    /// </summary>
    public static float ExpAndSum(float* scores, int count)
    {
        var padded = (count + 7) & ~7;
        for (var i = count; i < padded; i++)
            scores[i] = float.NegativeInfinity;
        var max = Vector256.Load(scores);
        for (var i = 8; i < padded; i += 8)
            max = Vector256.Max(max, Vector256.Load(scores + i));
        var top = scores[0];
        for (var lane = 0; lane < 8; lane++)
            top = MathF.Max(top, max.GetElement(lane));

        var sum = Vector256<float>.Zero;
        for (var i = 0; i < padded; i += 8)
        {
            var e = Vector256.Exp(Vector256.Load(scores + i) - Vector256.Create(top));
            e.Store(scores + i);
            sum += e;
        }

        return Vector256.Sum(sum);
    }

    private static Vector256<float> SwiGlu(Vector256<float> gate, Vector256<float> up) =>
        gate / (Vector256<float>.One + Vector256.Exp(-gate)) * up;
}
