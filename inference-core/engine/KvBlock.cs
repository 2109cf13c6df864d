namespace InferenceCore.Engine;

/// <summary>One block of a cache: what <see cref="KvCache.BlockTokens"/> tokens leave in every layer. Written by its only holder, read by all.</summary>
/// <param name="index">0, 1, 2, … in the order its pool made them: where it lies in a pool that is one piece of memory.</param>
/// <param name="memory">[layers, BlockTokens, width] float32; null in a pool that has it elsewhere.</param>
internal sealed class KvBlock(int index, NativeBuffer? memory = null)
{
    public int Index { get; } = index;

    public NativeBuffer? Memory { get; } = memory;

    /// <summary>Caches that refer to it.</summary>
    public int Holders { get; set; }

    /// <summary>Those of them that are only kept in case somebody wants them again.</summary>
    public int Keepers { get; set; }

    /// <summary>Nobody who computes needs it.</summary>
    public bool IsOnlyKept => Holders > 0 && Keepers == Holders;
}
