namespace InferenceCore.Cuda;

/// <summary>One kernel of gemm.cu: a tile of so many rows, and the shared memory of its ring.</summary>
internal sealed class ProductKernel
{
    private readonly CudaKernel _kernel;
    private readonly int _shared;

    public ProductKernel(CudaModule module, string name, int tile, int stages, int inputBytes = 0)
    {
        const int Alignment = 1024, BarrierBytes = 16;
        Tile = tile;
        _shared = Alignment + inputBytes + (stages * (CudaMatrix.TileBytes + (inputBytes > 0 ? 0 : tile * 128) + BarrierBytes));
        _kernel = module.Kernel(name).WithShared(_shared);
    }

    public int Tile { get; }

    public void Launch(CudaStream stream, Extent grid, in Product product) =>
        _kernel.Launch(stream, grid, ProductKernels.Threads, _shared, true, new KernelArguments().Add(product));

    public void Launch(CudaStream stream, Extent grid, in Product product, in NormCall norm) =>
        _kernel.Launch(stream, grid, ProductKernels.Threads, _shared, true, new KernelArguments().Add(product).Add(norm));
}
