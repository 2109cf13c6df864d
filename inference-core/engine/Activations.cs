namespace InferenceCore.Engine;

/// <summary>A scratch buffer of float32 [rows, width], one row per token of a step. Not cleared: whoever reads a row has written it.</summary>
internal sealed unsafe class Activations
{
    private readonly NativeBuffer _memory;

    public Activations(int rows, int width)
    {
        // Rows start on cache lines: vector loads then never straddle two.
        Stride = (width + 15) & ~15;
        Width = width;
        Rows = rows;
        _memory = new NativeBuffer((long)rows * Stride * sizeof(float));
    }

    public int Rows { get; }

    public int Width { get; }

    /// <summary>Floats from one row to the next.</summary>
    public int Stride { get; }

    public float* Row(int row) => (float*)_memory.Pointer + ((long)row * Stride);

    public Span<float> Span(int row) => new(Row(row), Width);
}
