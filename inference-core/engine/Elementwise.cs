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
        var scale = 1f / MathF.Sqrt((DotKernels.Dot(input, input, weight.Length) / weight.Length) + epsilon);
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
    /// scores[i] becomes e^(scale·(scores[i] − max)) / Σ, the sum taken in eight lanes of ascending i, then across the lanes.
    /// <paramref name="scores"/> has room up to the next multiple of eight; <paramref name="scale"/> is positive.
    /// </summary>
    public static void Softmax(float* scores, int count, float scale)
    {
        var padded = (count + 7) & ~7;
        for (var i = count; i < padded; i++)
            scores[i] = float.NegativeInfinity;
        var max = Vector256.Load(scores);
        for (var i = 8; i < padded; i += 8)
            max = Vector256.Max(max, Vector256.Load(scores + i));
        var top = max.GetElement(0);
        for (var lane = 1; lane < 8; lane++)
            top = MathF.Max(top, max.GetElement(lane));

        var sum = Vector256<float>.Zero;
        for (var i = 0; i < padded; i += 8)
        {
            var e = Vector256.Exp((Vector256.Load(scores + i) - Vector256.Create(top)) * scale);
            e.Store(scores + i);
            sum += e;
        }

        var factor = Vector256.Create(1f / Vector256.Sum(sum));
        for (var i = 0; i < padded; i += 8)
            (Vector256.Load(scores + i) * factor).Store(scores + i);
    }

    private static Vector256<float> SwiGlu(Vector256<float> gate, Vector256<float> up) =>
        gate / (Vector256<float>.One + Vector256.Exp(-gate)) * up;
}
