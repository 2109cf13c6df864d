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

    /// <summary>Reorders each full block of every row from column order to <see cref="Matrix"/> order.</summary>
    public static void Shuffle(Span<ushort> row)
    {
        Span<ushort> block = stackalloc ushort[Block];
        for (var start = 0; start + Block <= row.Length; start += Block)
        {
            var target = row.Slice(start, Block);
            target.CopyTo(block);
            for (var i = 0; i < Block / 2; i++)
            {
                target[2 * i] = block[i];
                target[(2 * i) + 1] = block[i + (Block / 2)];
            }
        }
    }
}
