using InferenceCore.Engine;

namespace InferenceCore.Cuda;

/// <summary>A model's weights in device memory, as <see cref="CudaLayout"/> lays them out.</summary>
internal sealed class CudaWeights : IDisposable
{
    private readonly DeviceBuffer _arena;

    public CudaWeights(CudaStream stream, CudaLayout layout)
    {
        Layout = layout;
        _arena = new DeviceBuffer(stream.Device, layout.Bytes);
        // What lies beyond the checkpoint's own rows and columns is multiplied too.
        _arena.Clear(stream);
    }

    public CudaLayout Layout { get; }

    public long Bytes => _arena.Bytes;

    /// <summary>The device address of a place in the arena; 0 stays 0: the layer has none.</summary>
    public ulong At(long offset) => offset == 0 ? 0 : _arena.Pointer + (ulong)offset;

    public ulong Of(CudaMatrix matrix) => _arena.Pointer + (ulong)matrix.Offset;

    public ulong Start => _arena.Pointer;

    /// <summary>Random weights of a size that keeps numbers sane: for measuring, where nobody reads the answer.</summary>
    public void Fill(CudaStream stream, KernelSet kernels)
    {
        const int Blocks = 2048, Threads = 256;
        var seed = 1ul;
        foreach (var placement in Layout.Placements)
        {
            var count = (long)placement.SourceRows * placement.SourceColumns;
            var scale = MathF.Sqrt(3f / placement.Columns);
            seed++;
            switch (placement.Form)
            {
                case WeightForm.Float32:
                    var isNorm = placement.Name.EndsWith("norm.weight", StringComparison.Ordinal);
                    kernels.FillFloats.Launch(stream, Blocks, Threads, 0, false,
                        new KernelArguments().Add(Start + (ulong)placement.Offset).Add((ulong)count).Add(seed).Add(isNorm ? 1f : 0f).Add(isNorm ? 0.1f : scale));
                    break;
                case WeightForm.BFloat16:
                    kernels.FillBFloat16.Launch(stream, Blocks, Threads, 0, false,
                        new KernelArguments().Add(Start + (ulong)placement.Offset).Add((ulong)count).Add(seed).Add(placement.Depth == 0 && placement.Offset == 0 ? 1f : scale));
                    break;
                case WeightForm.UpTiles:
                    break; // The gate's tiles are theirs.
                default:
                    // Rows of a stack share tiles: the first fills the whole matrix.
                    if (placement.FirstRow > 0)
                        break;
                    var rows = RowsOfTiles(placement);
                    kernels.FillBFloat16.Launch(stream, Blocks, Threads, 0, false,
                        new KernelArguments().Add(Start + (ulong)placement.Offset).Add((ulong)((long)rows * placement.Depth * CudaMatrix.SlabInputs)).Add(seed).Add(scale));
                    break;
            }
        }
    }

    public void Dispose() => _arena.Dispose();

    private int RowsOfTiles(Placement placement)
    {
        var rows = Layout.Placements.Where(p => p.Offset == placement.Offset && p.Form is WeightForm.Tiles or WeightForm.GateTiles or WeightForm.UpTiles)
            .Sum(p => p.SourceRows);
        return rows / CudaMatrix.BlockOutputs * CudaMatrix.BlockOutputs;
    }
}
