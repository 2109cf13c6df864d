namespace InferenceCore.Cuda;

/// <summary>Says of a stretch of the arena whose weights lie in it.</summary>
internal static class WeightMap
{
    private const int MostNames = 3;

    /// <summary>The tensors that have a part in <paramref name="bytes"/> bytes from <paramref name="offset"/> on, in the arena's order.</summary>
    public static List<string> NamesIn(CudaLayout layout, long offset, long bytes) =>
    [
        .. layout.Placements.Select(p => (p.Name, Extent: ExtentOf(p)))
            .Where(p => p.Extent.First < offset + bytes && p.Extent.End > offset)
            .OrderBy(p => p.Extent.First).Select(p => p.Name).Distinct(),
    ];

    /// <summary>The same for people: at most three of them, or that only padding lies there.</summary>
    public static string Describe(CudaLayout layout, long offset, long bytes)
    {
        var names = NamesIn(layout, offset, bytes);
        return names.Count == 0 ? "the padding between tensors"
            : names.Count <= MostNames ? string.Join(" or ", names)
            : $"{string.Join(", ", names.Take(MostNames))} or {names.Count - MostNames} more";
    }

    /// <summary>First byte, and the one past the last. Of tiles whole blocks of 128 outputs: a block may be shared, and may be filled up.</summary>
    private static (long First, long End) ExtentOf(Placement placement)
    {
        var count = (long)placement.SourceRows * placement.SourceColumns;
        switch (placement.Form)
        {
            case WeightForm.Float32:
                return (placement.Offset, placement.Offset + (count * sizeof(float)));
            case WeightForm.BFloat16:
                return (placement.Offset, placement.Offset + (count * sizeof(ushort)));
            default:
                // Gates and their other halves alternate, so that each reaches as far as both.
                var rowsEach = placement.Form == WeightForm.Tiles ? 1 : 2;
                var block = (long)placement.Depth * CudaMatrix.TileBytes;
                var (first, past) = (placement.FirstRow * rowsEach, (placement.FirstRow + placement.SourceRows) * rowsEach);
                return (placement.Offset + (first / CudaMatrix.BlockOutputs * block),
                    placement.Offset + ((past + CudaMatrix.BlockOutputs - 1) / CudaMatrix.BlockOutputs * block));
        }
    }
}
