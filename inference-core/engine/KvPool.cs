namespace InferenceCore.Engine;

/// <summary>
/// The memory of all caches of an engine, in blocks of <see cref="KvCache.BlockTokens"/> tokens. Blocks that come back are handed out again and
/// are never given to the system, so that a long run does not depend on how well the system's allocator ages. Used by one thread. What a block
/// is made of is the engine's affair.
/// </summary>
/// <param name="limit">Blocks at most.</param>
internal abstract class KvPool(int limit)
{
    private readonly Stack<KvBlock> _free = [];
    private int _made;

    public int Limit { get; } = limit;

    /// <summary>Blocks in use; one that several caches share counts once.</summary>
    public int Used { get; private set; }

    /// <summary>Of those, blocks that only kept caches hold: as good as free, they go as soon as somebody needs room.</summary>
    public int Kept { get; private set; }

    public abstract long BlockBytes { get; }

    /// <summary>The GPU, by UUID, of whose memory all blocks were taken at the start; null where a block is the machine's memory, taken when it is made.</summary>
    public virtual string? Gpu => null;

    /// <summary>Null: the limit is reached, or there is no memory left.</summary>
    public KvBlock? TryRent()
    {
        if (Used >= Limit)
            return null;
        if (!_free.TryPop(out var block))
        {
            block = TryMake(_made);
            if (block is null)
                return null;
            _made++;
        }
        block.Holders = 1;
        Used++;
        return block;
    }

    /// <summary>One holder more.</summary>
    public void Share(KvBlock block) => Count(block, holders: 1, keepers: 0);

    /// <summary>One of its holders computes no more.</summary>
    public void Keep(KvBlock block) => Count(block, holders: 0, keepers: 1);

    /// <summary>One holder less; without any the block is free.</summary>
    /// <param name="block">Of this pool.</param>
    /// <param name="kept">It was one that kept it.</param>
    public void Release(KvBlock block, bool kept = false)
    {
        Count(block, holders: -1, keepers: kept ? -1 : 0);
        if (block.Holders > 0)
            return;
        _free.Push(block);
        Used--;
    }

    /// <summary>Copies what the first <paramref name="tokens"/> tokens of a block left in every layer to the beginning of another block.</summary>
    public abstract void CopyTokens(KvBlock from, KvBlock to, int tokens);

    private void Count(KvBlock block, int holders, int keepers)
    {
        Kept -= block.IsOnlyKept ? 1 : 0;
        (block.Holders, block.Keepers) = (block.Holders + holders, block.Keepers + keepers);
        Kept += block.IsOnlyKept ? 1 : 0;
    }

    /// <summary>A block beside the <paramref name="index"/> that there are. Null: there is no memory for it.</summary>
    protected abstract KvBlock? TryMake(int index);
}
