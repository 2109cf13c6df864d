using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace InferenceCore.Engine;

/// <summary>
/// How a row of weights becomes float32 in registers. A new weight format is a new implementation; the kernels are compiled once for each,
/// so nothing is called through an interface.
/// </summary>
internal unsafe interface IWeightFormat
{
    static abstract int BytesPerWeight { get; }

    /// <summary>Columns k..k+7; k is a multiple of 16.</summary>
    static abstract Vector256<float> LoadLow(byte* row, int k);

    /// <summary>Columns k+8..k+15.</summary>
    static abstract Vector256<float> LoadHigh(byte* row, int k);

    /// <summary>One column of the remainder.</summary>
    static abstract float Load1(byte* row, int k);
}

internal readonly struct Float32Format : IWeightFormat
{
    public static int BytesPerWeight => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector256<float> LoadLow(byte* row, int k) => Vector256.Load((float*)row + k);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector256<float> LoadHigh(byte* row, int k) => Vector256.Load((float*)row + k + 8);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe float Load1(byte* row, int k) => ((float*)row)[k];
}

internal readonly struct BFloat16Format : IWeightFormat
{
    public static int BytesPerWeight => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector256<float> LoadLow(byte* row, int k) => (Words(row, k) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector256<float> LoadHigh(byte* row, int k) => (Words(row, k) & Vector256.Create(0xFFFF0000u)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe float Load1(byte* row, int k) => BFloat16.ToFloat(((ushort*)row)[k]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Vector256<uint> Words(byte* row, int k) => Vector256.Load((uint*)((ushort*)row + k));
}
