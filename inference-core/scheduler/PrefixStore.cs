using InferenceCore.Engine;

namespace InferenceCore.Scheduling;

/// <summary>
/// Caches of finished answers, kept for requests that begin alike: the next turn of a conversation, the same long instruction. The engine's
/// logits are bitwise the same from a kept cache as from a computed one, so that a hit changes the time and nothing else.
/// </summary>
internal sealed class PrefixStore
{
    // Least recently used first.
    private readonly List<(int[] Tokens, KvCache Cache)> _entries = [];

    public long Tokens { get; private set; }

    /// <summary>Keeps a cache of <paramref name="tokens"/>, as many as the cache holds.</summary>
    public void Put(IReadOnlyList<int> tokens, KvCache cache)
    {
        if (cache.Length == 0)
            return;
        _entries.Add(([.. tokens.Take(cache.Length)], cache));
        Tokens += cache.Length;
    }

    /// <summary>Takes out the cache that begins most like <paramref name="wanted"/>, cut to what both share.</summary>
    /// <param name="atLeast">Shared tokens from which a cache is worth taking away from others.</param>
    public KvCache? Take(List<int> wanted, int atLeast)
    {
        var (best, length) = (-1, atLeast - 1);
        for (var i = 0; i < _entries.Count; i++)
        {
            // The last token is always computed: its logits are what the sequence needs.
            var shared = Math.Min(Shared(_entries[i].Tokens, wanted), wanted.Count - 1);
            if (shared > length)
                (best, length) = (i, shared);
        }
        if (best < 0)
            return null;
        var cache = _entries[best].Cache;
        Tokens -= cache.Length;
        _entries.RemoveAt(best);
        cache.Truncate(length);
        return cache;
    }

    /// <summary>Gives up the least recently used caches until <paramref name="limit"/> tokens are kept at most.</summary>
    public void Shrink(long limit)
    {
        while (Tokens > Math.Max(0, limit))
        {
            Tokens -= _entries[0].Cache.Length;
            _entries.RemoveAt(0);
        }
    }

    private static int Shared(int[] kept, List<int> wanted)
    {
        var length = Math.Min(kept.Length, wanted.Count);
        for (var i = 0; i < length; i++)
        {
            if (kept[i] != wanted[i])
                return i;
        }
        return length;
    }
}
