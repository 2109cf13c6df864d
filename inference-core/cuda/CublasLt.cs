namespace InferenceCore.Cuda;

/// <summary>A handle of cuBLASLt for the device whose context is current, with the scratch memory its kernels may use.</summary>
internal sealed unsafe class CublasLt : IDisposable
{
    // What NVIDIA advises for Hopper; with less the best kernels fall away.
    private const long WorkspaceBytes = 32L << 20;

    private nint _handle;

    public CublasLt(CublasLtInterop library, CudaDevice device)
    {
        Library = library;
        nint handle;
        library.Check("cublasLtCreate", library.cublasLtCreate(&handle));
        _handle = handle;
        Workspace = new DeviceBuffer(device, WorkspaceBytes);
    }

    public CublasLtInterop Library { get; }

    public nint Handle => _handle;

    /// <summary>Used by one product at a time.</summary>
    public DeviceBuffer Workspace { get; }

    public void Dispose()
    {
        if (_handle == 0)
            return;
        var handle = _handle;
        _handle = 0;
        Workspace.Dispose();
        Library.Check("cublasLtDestroy", Library.cublasLtDestroy(handle));
    }
}
