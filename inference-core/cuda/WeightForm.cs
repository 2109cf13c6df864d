namespace InferenceCore.Cuda;

/// <summary>What becomes of a tensor on the device.</summary>
internal enum WeightForm
{
    /// <summary>Tiles of a <see cref="CudaMatrix"/>.</summary>
    Tiles,

    /// <summary>Tiles, as the gate of pairs that alternate by eights.</summary>
    GateTiles,

    /// <summary>Tiles, as the other half of these pairs.</summary>
    UpTiles,

    Float32,

    /// <summary>bfloat16, rows one after the other.</summary>
    BFloat16,
}
