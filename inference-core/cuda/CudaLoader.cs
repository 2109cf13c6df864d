using InferenceCore.Engine;

namespace InferenceCore.Cuda;

/// <summary>
/// Brings a checkpoint's tensors to their places in the arena: what arrives as it lies in the file is converted and reordered by a kernel while the
/// next pieces are read.
/// </summary>
internal sealed class CudaLoader(CudaDevice device, KernelSet kernels, CudaWeights weights)
{
    private readonly ILookup<string, Placement> _placements = weights.Layout.Placements.ToLookup(p => p.Name, StringComparer.Ordinal);

    /// <exception cref="EngineException">A tensor is missing, has another shape or type, is cut off or changed, or holds something that is not a number.</exception>
    public void Load(string directory, Checkpoint checkpoint, Action? progress)
    {
        foreach (var placement in weights.Layout.Placements)
        {
            var entry = checkpoint.Find(placement.Name);
            _ = TensorReader.TypeOf(entry);
            Checkpoint.RequireShape(entry, placement.Shape);
        }

        DeviceLoader.Load(device, directory, checkpoint, _placements.Select(p => p.Key), Place, progress);
    }

    private void Place(TensorEntry tensor, long firstRow, int rows, ulong pointer, CudaStream stream)
    {
        foreach (var placement in _placements[tensor.Name])
        {
            // Of a vector the one row is all of it.
            var first = Math.Max((int)firstRow, placement.SourceRow);
            var count = Math.Min((int)firstRow + rows, placement.SourceRow + placement.SourceRows) - first;
            if (count > 0)
                Place(tensor, placement, first, count, pointer + (ulong)((first - firstRow) * placement.Columns * SizeOf(tensor)), stream);
        }
    }

    private void Place(TensorEntry tensor, Placement placement, int first, int rows, ulong source, CudaStream stream)
    {
        const int Threads = 256, Blocks = 512;
        var (target, row, type) = (weights.Start + (ulong)placement.Offset, first - placement.SourceRow, TypeOf(tensor));
        var before = (ulong)row * (ulong)placement.Columns;
        var count = (ulong)rows * (ulong)placement.Columns;
        switch (placement.Form)
        {
            case WeightForm.Float32:
                kernels.ToFloats.Launch(stream, Blocks, Threads, 0, false,
                    new KernelArguments().Add(source).Add(type).Add(count).Add(target + (before * sizeof(float))));
                break;
            case WeightForm.BFloat16:
                kernels.ToBFloat16.Launch(stream, Blocks, Threads, 0, false,
                    new KernelArguments().Add(source).Add(type).Add(count).Add(target + (before * sizeof(ushort))));
                break;
            default:
                var chunks = (long)rows * (placement.SourceColumns / 8);
                kernels.PackRows.Launch(stream, (int)((chunks + Threads - 1) / Threads), Threads, 0, false, new KernelArguments()
                    .Add(source).Add(type).Add(rows).Add(placement.Columns).Add(placement.SourceColumn).Add(placement.SourceColumns)
                    .Add(target).Add(placement.Depth).Add(placement.FirstRow + row)
                    .Add(placement.Form switch { WeightForm.GateTiles => 1, WeightForm.UpTiles => 2, _ => 0 }));
                break;
        }
    }

    // SOURCE_BF16, SOURCE_F16 and SOURCE_F32 of weights.cu.
    private static int TypeOf(TensorEntry tensor) => tensor.Type switch { "BF16" => 0, "F16" => 1, _ => 2 };

    private static int SizeOf(TensorEntry tensor) => tensor.Type == "F32" ? 4 : 2;
}
