namespace InferenceCore.Cuda;

/// <summary>
/// y[T,N] = x[T,K]·w[N,K]ᵀ, all row-major, x and w bfloat16, sums in float32, with the kernel that the library thinks best for this shape. It gives
/// the same bits every time, but not for every T: what we hold our own products against, not what answers are computed with.
/// </summary>
internal sealed unsafe class CublasLtProduct : IDisposable
{
    private readonly CublasLt _library;
    private nint _operation;
    private nint _weights;
    private nint _inputs;
    private nint _outputs;
    private cublasLtMatmulHeuristicResult_t _choice;

    /// <param name="library">The handle.</param>
    /// <param name="rows">T.</param>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K.</param>
    /// <param name="wide">y is float32; otherwise bfloat16.</param>
    public CublasLtProduct(CublasLt library, int rows, int outputs, int inputs, bool wide)
    {
        _library = library;
        var lt = library.Library;
        try
        {
            var outputType = wide ? CublasLtInterop.CUDA_R_32F : CublasLtInterop.CUDA_R_16BF;
            nint made;
            lt.Check("cublasLtMatmulDescCreate", lt.cublasLtMatmulDescCreate(&made, CublasLtInterop.CUBLAS_COMPUTE_32F, CublasLtInterop.CUDA_R_32F));
            _operation = made;
            // Column-major is how it thinks: yᵀ[N,T] = op(wᵀ[K,N])·xᵀ[K,T], where op transposes.
            var transposed = CublasLtInterop.CUBLAS_OP_T;
            lt.Check("cublasLtMatmulDescSetAttribute",
                lt.cublasLtMatmulDescSetAttribute(_operation, CublasLtInterop.CUBLASLT_MATMUL_DESC_TRANSA, &transposed, sizeof(int)));
            _weights = Layout(lt, CublasLtInterop.CUDA_R_16BF, inputs, outputs);
            _inputs = Layout(lt, CublasLtInterop.CUDA_R_16BF, inputs, rows);
            _outputs = Layout(lt, outputType, outputs, rows);
            Choose(lt, $"{rows}×{outputs}×{inputs}");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Queues the product.</summary>
    public void Run(CudaStream stream, ulong x, ulong w, ulong y)
    {
        var lt = _library.Library;
        float one = 1, zero = 0;
        var algorithm = _choice.algo;
        lt.Check("cublasLtMatmul", lt.cublasLtMatmul(
            _library.Handle, _operation, &one, w, _weights, x, _inputs, &zero, y, _outputs, y, _outputs,
            &algorithm, _library.Workspace.Pointer, (nuint)_library.Workspace.Bytes, stream.Handle));
    }

    public void Dispose()
    {
        var lt = _library.Library;
        foreach (var layout in (nint[])[_weights, _inputs, _outputs])
        {
            if (layout != 0)
                _ = lt.cublasLtMatrixLayoutDestroy(layout);
        }

        if (_operation != 0)
            _ = lt.cublasLtMatmulDescDestroy(_operation);
        _weights = _inputs = _outputs = _operation = 0;
    }

    private static nint Layout(CublasLtInterop lt, int type, int rows, int columns)
    {
        nint layout;
        lt.Check("cublasLtMatrixLayoutCreate", lt.cublasLtMatrixLayoutCreate(&layout, type, (ulong)rows, (ulong)columns, rows));
        return layout;
    }

    private void Choose(CublasLtInterop lt, string shape)
    {
        nint preference;
        lt.Check("cublasLtMatmulPreferenceCreate", lt.cublasLtMatmulPreferenceCreate(&preference));
        try
        {
            var workspace = (ulong)_library.Workspace.Bytes;
            lt.Check("cublasLtMatmulPreferenceSetAttribute",
                lt.cublasLtMatmulPreferenceSetAttribute(preference, CublasLtInterop.CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspace, sizeof(ulong)));
            cublasLtMatmulHeuristicResult_t choice;
            var found = 0;
            lt.Check("cublasLtMatmulAlgoGetHeuristic", lt.cublasLtMatmulAlgoGetHeuristic(
                _library.Handle, _operation, _weights, _inputs, _outputs, _outputs, preference, 1, &choice, &found), () => shape);
            if (found == 0)
                throw new CudaException($"cublasLtMatmulAlgoGetHeuristic: knows no kernel for {shape}");
            _choice = choice;
        }
        finally
        {
            _ = lt.cublasLtMatmulPreferenceDestroy(preference);
        }
    }
}
