namespace InferenceCore.Engine;

/// <summary>Memory of one block of a cache: [layers, BlockTokens, width] float32. Written by its only holder, read by all.</summary>
internal sealed class KvBlock(NativeBuffer memory)
{
    public NativeBuffer Memory { get; } = memory;

    /// <summary>Caches that refer to it.</summary>
    public int Holders { get; set; }
}
