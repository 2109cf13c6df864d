namespace InferenceCore.Engine;

/// <summary>
/// What one sequence has left behind in every layer: per token and layer <see cref="AttentionConfig.CacheWidth"/> float32 (keys then values, or
/// latent then rotated key). Memory comes in blocks of <see cref="BlockTokens"/> tokens as the sequence grows, so a long limit costs nothing
/// until it is used.
/// </summary>
internal sealed unsafe class KvCache
{
    public const int BlockTokens = 64;

    private readonly int _layers;
    private readonly int _width;
    private readonly List<NativeBuffer> _blocks = [];

    /// <param name="config">Says layers, width and the longest sequence.</param>
    /// <param name="capacity">Tokens at most; null for the model's own limit.</param>
    public KvCache(ModelConfig config, int? capacity = null)
    {
        _layers = config.Layers;
        _width = config.Attention.CacheWidth;
        Capacity = Math.Min(capacity ?? config.MaxPositions, config.MaxPositions);
    }

    /// <summary>Tokens in it.</summary>
    public int Length { get; private set; }

    /// <summary>Tokens it may hold.</summary>
    public int Capacity { get; }

    /// <summary>float32 per token and layer.</summary>
    public int Width => _width;

    /// <summary>Bytes it holds now.</summary>
    public long Bytes => _blocks.Sum(b => b.Bytes);

    /// <summary>Forgets all tokens from <paramref name="length"/> on; their memory is kept for the next ones.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
    }

    /// <summary>Makes room for tokens up to <paramref name="length"/> without counting them yet.</summary>
    internal void Reserve(int length)
    {
        if (length > Capacity)
            throw new EngineException($"a sequence of {length} tokens is over the limit of {Capacity}");
        while (_blocks.Count * BlockTokens < length)
            _blocks.Add(new NativeBuffer((long)_layers * BlockTokens * _width * sizeof(float)));
    }

    /// <summary>Counts the tokens written: the step has succeeded.</summary>
    internal void Commit(int length) => Length = length;

    /// <summary>The values of the token at <paramref name="position"/> [width]; rows of one block follow each other.</summary>
    internal float* Row(int layer, int position) => Block(layer, position / BlockTokens) + ((long)(position % BlockTokens) * _width);

    /// <summary>The rows of <paramref name="layer"/> in block <paramref name="block"/> [BlockTokens, width].</summary>
    internal float* Block(int layer, int block) => (float*)_blocks[block].Pointer + ((long)layer * BlockTokens * _width);
}
