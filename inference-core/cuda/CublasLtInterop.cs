using System.Runtime.InteropServices;

namespace InferenceCore.Cuda;

/// <summary>The calls of cuBLASLt that one plain matrix product needs, named as in cublasLt.h. Nothing else in the tree may call it.</summary>
internal sealed unsafe class CublasLtInterop
{
    internal const int CUBLAS_COMPUTE_32F = 68;
    internal const int CUBLAS_OP_T = 1;
    internal const int CUDA_R_32F = 0;
    internal const int CUDA_R_16BF = 14;
    internal const int CUBLASLT_MATMUL_DESC_TRANSA = 3;
    internal const int CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES = 1;

    internal readonly delegate* unmanaged<nint*, int> cublasLtCreate;
    internal readonly delegate* unmanaged<nint, int> cublasLtDestroy;
    internal readonly delegate* unmanaged<nint*, int, int, int> cublasLtMatmulDescCreate;
    internal readonly delegate* unmanaged<nint, int, void*, nuint, int> cublasLtMatmulDescSetAttribute;
    internal readonly delegate* unmanaged<nint, int> cublasLtMatmulDescDestroy;
    internal readonly delegate* unmanaged<nint*, int, ulong, ulong, long, int> cublasLtMatrixLayoutCreate;
    internal readonly delegate* unmanaged<nint, int> cublasLtMatrixLayoutDestroy;
    internal readonly delegate* unmanaged<nint*, int> cublasLtMatmulPreferenceCreate;
    internal readonly delegate* unmanaged<nint, int, void*, nuint, int> cublasLtMatmulPreferenceSetAttribute;
    internal readonly delegate* unmanaged<nint, int> cublasLtMatmulPreferenceDestroy;
    internal readonly delegate* unmanaged<nint, nint, nint, nint, nint, nint, nint, int, cublasLtMatmulHeuristicResult_t*, int*, int> cublasLtMatmulAlgoGetHeuristic;
    internal readonly delegate* unmanaged<
        nint, nint, void*, ulong, nint, ulong, nint, void*, ulong, nint, ulong, nint, cublasLtMatmulAlgo_t*, ulong, nuint, nint, int> cublasLtMatmul;
    private readonly delegate* unmanaged<int, byte*> cublasLtGetStatusName;

    private static readonly string[] _names = ["libcublasLt.so.13", "libcublasLt.so.12"];

    private CublasLtInterop(nint library)
    {
        cublasLtCreate = (delegate* unmanaged<nint*, int>)Symbol("cublasLtCreate");
        cublasLtDestroy = (delegate* unmanaged<nint, int>)Symbol("cublasLtDestroy");
        cublasLtMatmulDescCreate = (delegate* unmanaged<nint*, int, int, int>)Symbol("cublasLtMatmulDescCreate");
        cublasLtMatmulDescSetAttribute = (delegate* unmanaged<nint, int, void*, nuint, int>)Symbol("cublasLtMatmulDescSetAttribute");
        cublasLtMatmulDescDestroy = (delegate* unmanaged<nint, int>)Symbol("cublasLtMatmulDescDestroy");
        cublasLtMatrixLayoutCreate = (delegate* unmanaged<nint*, int, ulong, ulong, long, int>)Symbol("cublasLtMatrixLayoutCreate");
        cublasLtMatrixLayoutDestroy = (delegate* unmanaged<nint, int>)Symbol("cublasLtMatrixLayoutDestroy");
        cublasLtMatmulPreferenceCreate = (delegate* unmanaged<nint*, int>)Symbol("cublasLtMatmulPreferenceCreate");
        cublasLtMatmulPreferenceSetAttribute = (delegate* unmanaged<nint, int, void*, nuint, int>)Symbol("cublasLtMatmulPreferenceSetAttribute");
        cublasLtMatmulPreferenceDestroy = (delegate* unmanaged<nint, int>)Symbol("cublasLtMatmulPreferenceDestroy");
        cublasLtMatmulAlgoGetHeuristic =
            (delegate* unmanaged<nint, nint, nint, nint, nint, nint, nint, int, cublasLtMatmulHeuristicResult_t*, int*, int>)Symbol("cublasLtMatmulAlgoGetHeuristic");
        cublasLtMatmul =
            (delegate* unmanaged<nint, nint, void*, ulong, nint, ulong, nint, void*, ulong, nint, ulong, nint, cublasLtMatmulAlgo_t*, ulong, nuint, nint, int>)
            Symbol("cublasLtMatmul");
        cublasLtGetStatusName = (delegate* unmanaged<int, byte*>)Symbol("cublasLtGetStatusName");

        nint Symbol(string name) =>
            LoaderInterop.Symbol(library, name) is var address and not 0 ? address : throw new CudaException($"libcublasLt: has no {name}; right would be CUDA 12 or newer");
    }

    /// <exception cref="CudaException">It is not there.</exception>
    internal static CublasLtInterop Load(CudaLibraries libraries) => new(libraries.Load("NVIDIA's matrix library (cuBLASLt)", _names));

    internal void Check(string call, int status, Func<string>? figures = null)
    {
        if (status == 0)
            return;
        var name = Marshal.PtrToStringUTF8((nint)cublasLtGetStatusName(status)) ?? $"status {status}";
        throw new CudaException($"{call}: {name}{(figures is null ? "" : $" ({figures()})")}");
    }
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct cublasLtMatmulAlgo_t
{
    internal fixed ulong data[8];
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct cublasLtMatmulHeuristicResult_t
{
    internal cublasLtMatmulAlgo_t algo;
    internal nuint workspaceSize;
    internal int state;
    internal float wavesCount;
    internal fixed int reserved[4];
}
