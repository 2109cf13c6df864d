namespace InferenceCore.Engine;

/// <summary>
/// The memory of all caches of a model, in blocks of <see cref="KvCache.BlockTokens"/> tokens. Blocks that come back are handed out again and
/// are never given to the system, so that a long run does not depend on how well the system's allocator ages. Used by one thread.
/// </summary>
/// <param name="limit">Blocks at most; null: as many as there is memory for.</param>
/// <param name="allocate">Gives memory of so many bytes, or throws <see cref="OutOfMemoryException"/>; null: the system's.</param>
internal sealed class KvPool(ModelConfig config, int? limit = null, Func<long, NativeBuffer>? allocate = null)
{
    private readonly Stack<KvBlock> _free = [];
    private readonly long _bytes = (long)config.Layers * KvCache.BlockTokens * config.Attention.CacheWidth * sizeof(float);

    public int Limit { get; } = limit ?? int.MaxValue;

    /// <summary>Blocks in use; one that several caches share counts once.</summary>
    public int Used { get; private set; }

    /// <summary>Null: the limit is reached, or the system has no memory left.</summary>
    public KvBlock? TryRent()
    {
        if (Used >= Limit)
            return null;
        if (!_free.TryPop(out var block))
        {
            try
            {
                block = new KvBlock(allocate?.Invoke(_bytes) ?? new NativeBuffer(_bytes));
            }
            catch (OutOfMemoryException)
            {
                // Expected under load: who asked gives up something else, and the process lives on.
                return null;
            }
        }
        block.Holders = 1;
        Used++;
        return block;
    }

    /// <summary>One holder less; without any the block is free.</summary>
    public void Release(KvBlock block)
    {
        if (--block.Holders > 0)
            return;
        _free.Push(block);
        Used--;
    }
}
