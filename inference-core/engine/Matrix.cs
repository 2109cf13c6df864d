namespace InferenceCore.Engine;

/// <summary>
/// Weights of one projection, [Rows, Columns] = [out, in] as in a checkpoint, one row after the other.
/// In bfloat16 each full block of 16 columns is stored in the order 0,8,1,9, … 7,15: read as eight 32-bit words, a shift yields
/// columns 0..7 as float32 and a mask columns 8..15, so that widening costs one instruction per eight weights.
/// A remainder below 16 columns keeps its order.
/// </summary>
internal sealed unsafe class Matrix
{
    private readonly NativeBuffer _memory;

    public Matrix(NativeBuffer memory, WeightType type, int rows, int columns)
    {
        if (memory.Bytes < (long)rows * columns * SizeOf(type))
            throw new ArgumentException($"{memory.Bytes} bytes do not hold {rows}×{columns} of {type}.", nameof(memory));
        _memory = memory;
        Type = type;
        Rows = rows;
        Columns = columns;
    }

    public WeightType Type { get; }

    public int Rows { get; }

    public int Columns { get; }

    public long Bytes => Rows * RowBytes;

    /// <summary>From one row to the next.</summary>
    public long RowBytes => (long)Columns * SizeOf(Type);

    /// <summary>Start of row <paramref name="row"/>.</summary>
    public byte* Row(int row) => _memory.Pointer + (row * RowBytes);

    public static int SizeOf(WeightType type) => type == WeightType.Float32 ? 4 : 2;

    /// <summary>Column <paramref name="column"/> of row <paramref name="row"/> as float32; for tables and tests, not for products.</summary>
    public float At(int row, int column)
    {
        if (Type == WeightType.Float32)
            return ((float*)Row(row))[column];
        var place = BFloat16.Place(column, Columns);
        return BFloat16.ToFloat(((ushort*)Row(row))[place]);
    }

    /// <summary>Writes row <paramref name="row"/> to <paramref name="output"/> [Columns].</summary>
    public void CopyRow(int row, Span<float> output)
    {
        for (var column = 0; column < Columns; column++)
            output[column] = At(row, column);
    }
}
