namespace InferenceCore.Engine;

/// <summary>The caches' memory of the engine on the CPU: each block a buffer of its own, [layers, BlockTokens, width] float32.</summary>
/// <param name="config">Says layers and width.</param>
/// <param name="limit">Blocks at most; null: as many as there is memory for.</param>
/// <param name="allocate">Gives memory of so many bytes, or throws <see cref="OutOfMemoryException"/>; null: the system's.</param>
internal sealed unsafe class HostKvPool(ModelConfig config, int? limit = null, Func<long, NativeBuffer>? allocate = null) : KvPool(limit ?? int.MaxValue)
{
    private readonly int _width = config.Attention.CacheWidth;

    public override long BlockBytes { get; } = (long)config.Layers * KvCache.BlockTokens * config.Attention.CacheWidth * sizeof(float);

    protected override KvBlock? TryMake(int index)
    {
        try
        {
            return new KvBlock(index, allocate?.Invoke(BlockBytes) ?? new NativeBuffer(BlockBytes));
        }
        catch (OutOfMemoryException)
        {
            // Expected under load: who asked gives up something else, and the process lives on.
            return null;
        }
    }

    public override void CopyTokens(KvBlock from, KvBlock to, int tokens)
    {
        var bytes = (long)tokens * _width * sizeof(float);
        var stride = (long)KvCache.BlockTokens * _width * sizeof(float);
        for (var layer = 0; layer < config.Layers; layer++)
            Buffer.MemoryCopy(from.Memory!.Pointer + (layer * stride), to.Memory!.Pointer + (layer * stride), bytes, bytes);
    }
}
