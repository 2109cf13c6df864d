namespace InferenceCore.Cuda;

/// <summary>One kernel of gemm.cu: a tile of so many rows, and the shared memory of its ring, which the module itself says.</summary>
internal sealed class ProductKernel
{
    private readonly CudaKernel _kernel;
    private readonly int _shared;

    public ProductKernel(CudaStream stream, CudaModule module, string name, int tile)
    {
        Tile = tile;
        _shared = stream.Read<int>(module.Global(name + "_shared").Pointer);
        _kernel = module.Kernel(name).WithShared(_shared);
    }

    public int Tile { get; }

    public string Name => _kernel.Name;

    /// <summary>Bytes of each thread's registers that lie in memory: a wide tile that spills loses a fifth of its speed and says nothing.</summary>
    public int SpilledBytes => _kernel.LocalBytes;

    public void Launch(CudaStream stream, Extent grid, in Product product) =>
        _kernel.Launch(stream, grid, ProductKernels.Threads, _shared, true, new KernelArguments().Add(product));

    /// <param name="stream">In which.</param>
    /// <param name="grid">Thread blocks.</param>
    /// <param name="product">What to multiply.</param>
    /// <param name="inputs">Where each thread block gets its inputs from.</param>
    public void Launch<T>(CudaStream stream, Extent grid, in Product product, in T inputs) where T : unmanaged =>
        _kernel.Launch(stream, grid, ProductKernels.Threads, _shared, true, new KernelArguments().Add(product).Add(inputs));
}
