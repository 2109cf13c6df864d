namespace InferenceCore.Engine;

/// <summary>
/// What one sequence has left behind in every layer: per token and layer <see cref="AttentionConfig.CacheWidth"/> values (keys then values, or
/// latent then rotated key). Memory comes in blocks of <see cref="BlockTokens"/> tokens as the sequence grows, so a long limit costs nothing
/// until it is used. Sequences that begin alike share the blocks of their beginning. Here is who holds which block; what is in a block only the
/// engine knows whose pool it is from.
/// </summary>
internal sealed unsafe class KvCache
{
    public const int BlockTokens = 64;

    private readonly int _width;
    private readonly KvPool _pool;
    private readonly List<KvBlock> _blocks = [];
    private bool _isKept;

    /// <param name="config">Says layers, width and the longest sequence.</param>
    /// <param name="capacity">Tokens at most; null for the model's own limit.</param>
    /// <param name="pool">Where blocks come from: the engine's that steps; null for one of its own, on the CPU.</param>
    public KvCache(ModelConfig config, int? capacity = null, KvPool? pool = null)
        : this(config.Attention.CacheWidth, Math.Min(capacity ?? config.MaxPositions, config.MaxPositions), pool ?? new HostKvPool(config))
    {
    }

    private KvCache(int width, int capacity, KvPool pool)
    {
        _width = width;
        Capacity = capacity;
        _pool = pool;
    }

    /// <summary>Tokens in it.</summary>
    public int Length { get; private set; }

    /// <summary>Tokens it may hold.</summary>
    public int Capacity { get; }

    /// <summary>Values per token and layer.</summary>
    public int Width => _width;

    /// <summary>Blocks it holds now, shared ones included.</summary>
    public int Blocks => _blocks.Count;

    /// <summary>Bytes it holds now.</summary>
    public long Bytes => _blocks.Count * _pool.BlockBytes;

    /// <summary>Blocks that <paramref name="tokens"/> tokens need.</summary>
    public static int BlocksFor(int tokens) => (tokens + BlockTokens - 1) / BlockTokens;

    /// <summary>Forgets all tokens from <paramref name="length"/> on.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
        ReleaseFrom(BlocksFor(length));
    }

    /// <summary>Gives all memory back; the cache is empty.</summary>
    public void Release()
    {
        Length = 0;
        ReleaseFrom(0);
    }

    /// <summary>From now on it is there only in case somebody wants it again; nothing is written to it any more.</summary>
    public void Keep()
    {
        _isKept = true;
        foreach (var block in _blocks)
            _pool.Keep(block);
    }

    /// <summary>
    /// A cache of the first <paramref name="length"/> tokens. Whole blocks are shared, the rows of the last one copied, since its new owner
    /// goes on writing there. Null when there is no memory for that block.
    /// </summary>
    public KvCache? TryFork(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        var fork = new KvCache(_width, Capacity, _pool);
        var whole = length / BlockTokens;
        for (var i = 0; i < whole; i++)
        {
            _pool.Share(_blocks[i]);
            fork._blocks.Add(_blocks[i]);
        }
        if (length % BlockTokens > 0)
        {
            if (_pool.TryRent() is not { } last)
            {
                fork.Release();
                return null;
            }
            fork._blocks.Add(last);
            _pool.CopyTokens(_blocks[whole], last, length % BlockTokens);
        }
        fork.Length = length;
        return fork;
    }

    /// <summary>Makes room for tokens up to <paramref name="length"/> without counting them yet. False: there is no memory; what it got it keeps.</summary>
    public bool TryReserve(int length)
    {
        if (length > Capacity)
            throw new EngineException($"a sequence of {length} tokens is over the limit of {Capacity}");
        while (_blocks.Count * BlockTokens < length)
        {
            if (_pool.TryRent() is not { } block)
                return false;
            _blocks.Add(block);
        }
        return true;
    }

    /// <exception cref="EngineException">The sequence would become too long, or there is no memory for another block.</exception>
    internal void Reserve(int length)
    {
        if (!TryReserve(length))
            throw new EngineException($"no memory for a cache of {length} tokens", isUnfit: true);
    }

    /// <summary>Counts the tokens written: the step has succeeded.</summary>
    internal void Commit(int length) => Length = length;

    /// <summary>Writes the index of each block it holds, in the order of its tokens, to the beginning of <paramref name="indices"/>.</summary>
    internal void CopyBlockIndices(Span<int> indices)
    {
        for (var i = 0; i < _blocks.Count; i++)
            indices[i] = _blocks[i].Index;
    }

    /// <summary>The values of the token at <paramref name="position"/> [width], on the CPU; rows of one block follow each other.</summary>
    internal float* Row(int layer, int position) => Block(layer, position / BlockTokens) + ((long)(position % BlockTokens) * _width);

    /// <summary>The rows of <paramref name="layer"/> in block <paramref name="block"/> [BlockTokens, width], on the CPU.</summary>
    internal float* Block(int layer, int block) => (float*)_blocks[block].Memory!.Pointer + ((long)layer * BlockTokens * _width);

    private void ReleaseFrom(int block)
    {
        for (var i = _blocks.Count - 1; i >= block; i--)
            _pool.Release(_blocks[i], _isKept);
        _blocks.RemoveRange(block, _blocks.Count - block);
    }
}
