namespace InferenceCore.Engine;

/// <summary>Matrix products of a step; the threads of a pool share the weight rows of one.</summary>
internal sealed unsafe class MatMul(ComputePool pool) : ComputeJob
{
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
        var w = _w!;
        switch (w.Type)
        {
            case WeightType.BFloat16:
                DotKernels.Multiply<BFloat16Format>(w.Row(first), w.RowBytes, last - first, _x, _xStride, _y + first, _yStride, _tokens, w.Columns);
                break;
            case WeightType.Float32:
                DotKernels.Multiply<Float32Format>(w.Row(first), w.RowBytes, last - first, _x, _xStride, _y + first, _yStride, _tokens, w.Columns);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
