namespace InferenceCore.Scheduling;

/// <summary>The limits of journal and scheduler.</summary>
internal sealed record SchedulerOptions
{
    /// <summary>Sequences computed in one step, 1..256.</summary>
    public int MaxRunning { get; init; } = 8;

    /// <summary>Sequences that wait for a place, 0..10 000; one more is refused.</summary>
    public int MaxWaiting { get; init; } = 64;

    /// <summary>
    /// Prompt tokens of all sequences together in one step. Small enough that those who already receive tokens do not notice a long prompt
    /// beside them, large enough to read the weights for many tokens at once.
    /// </summary>
    public int PrefillChunk { get; init; } = 64;

    /// <summary>Tokens that all caches together may hold, those kept for later requests included.</summary>
    public long CacheTokens { get; init; } = 1 << 16;

    /// <summary>The same in blocks, as memory is given out.</summary>
    public int CacheBlocks => (int)Math.Min(int.MaxValue, (CacheTokens + Engine.KvCache.BlockTokens - 1) / Engine.KvCache.BlockTokens);

    /// <summary>Pieces of an answer that may wait for a slow client before the answer is given up.</summary>
    public int MaxUnreadPieces { get; init; } = 8192;

    /// <summary>
    /// After this many workers in a row that died while they worked on an answer, without giving a token of it, the answer is taken to be what
    /// kills them, and ends as failed.
    /// </summary>
    public int MaxFruitlessLives { get; init; } = 3;

    /// <summary>A finished answer's cache is kept for the next request that begins alike, if that saves at least this many tokens.</summary>
    public int ReuseFromTokens { get; init; } = 8;
}
