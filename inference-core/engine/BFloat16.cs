using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace InferenceCore.Engine;

/// <summary>bfloat16: the upper half of a float32.</summary>
internal static class BFloat16
{
    public const int Block = 16;

    public static float ToFloat(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>Nearest, ties to even. NaN stays NaN.</summary>
    public static ushort FromFloat(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>Where column <paramref name="column"/> of a row of <paramref name="columns"/> lies in a <see cref="Matrix"/>.</summary>
    public static int Place(int column, int columns)
    {
        var start = column / Block * Block;
        if (start + Block > columns)
            return column;
        var within = column - start;
        return start + (within < Block / 2 ? 2 * within : (2 * (within - (Block / 2))) + 1);
    }

    /// <summary>Reorders each full block of a row from column order to <see cref="Matrix"/> order.</summary>
    public static void Shuffle(Span<ushort> row)
    {
        Span<ushort> block = stackalloc ushort[Block];
        for (var start = 0; start + Block <= row.Length; start += Block)
        {
            var target = row.Slice(start, Block);
            if (Sse2.IsSupported)
            {
                var first = Vector128.Create<ushort>(target);
                var second = Vector128.Create<ushort>(target[(Block / 2)..]);
                Sse2.UnpackLow(first, second).CopyTo(target);
                Sse2.UnpackHigh(first, second).CopyTo(target[(Block / 2)..]);
                continue;
            }

            target.CopyTo(block);
            for (var i = 0; i < Block / 2; i++)
            {
                target[2 * i] = block[i];
                target[(2 * i) + 1] = block[i + (Block / 2)];
            }
        }
    }

    /// <summary>The first element that is infinite or not a number; -1 if there is none.</summary>
    public static int IndexOfNotFinite(ReadOnlySpan<ushort> values)
    {
        const ushort exponent = 0x7F80;
        var mask = Vector256.Create(exponent);
        var i = 0;
        for (; i + Vector256<ushort>.Count <= values.Length; i += Vector256<ushort>.Count)
        {
            if (Vector256.EqualsAny(Vector256.Create(values[i..]) & mask, mask))
                break;
        }

        for (; i < values.Length; i++)
        {
            if ((values[i] & exponent) == exponent)
                return i;
        }

        return -1;
    }
}
