using System.Runtime.InteropServices;
using InferenceCore.Engine;

namespace InferenceCore.Scheduling;

/// <summary>
/// Caches of finished answers, prompt and generated turn alike, kept for requests that begin alike: the next turn of a conversation, the same
/// long instruction. The engine's logits are bitwise the same from a kept cache as from a computed one, so that a hit changes the time and
/// nothing else. A kept cache serves any number of requests at once; they share its blocks.
/// </summary>
internal sealed class PrefixStore
{
    // Least recently used first.
    private readonly List<(int[] Tokens, KvCache Cache)> _entries = [];

    public int Count => _entries.Count;

    /// <summary>Keeps a cache of <paramref name="tokens"/>, as many as the cache holds. It belongs to the store from now on.</summary>
    public void Put(List<int> tokens, KvCache cache)
    {
        if (cache.Length == 0)
        {
            cache.Release();
            return;
        }
        var kept = CollectionsMarshal.AsSpan(tokens)[..cache.Length].ToArray();
        // What the new one begins with it also serves.
        for (var i = _entries.Count - 1; i >= 0; i--)
        {
            if (_entries[i].Tokens.Length <= kept.Length && kept.AsSpan().StartsWith(_entries[i].Tokens))
                RemoveAt(i);
        }
        // Blocks reserved for tokens that never came.
        cache.Truncate(cache.Length);
        cache.Keep();
        _entries.Add((kept, cache));
    }

    /// <summary>A cache of the longest beginning that a kept one shares with <paramref name="wanted"/>.</summary>
    /// <param name="atLeast">Shared tokens from which it is worth the memory.</param>
    public KvCache? Find(List<int> wanted, int atLeast)
    {
        var (best, length) = (-1, atLeast - 1);
        for (var i = 0; i < _entries.Count; i++)
        {
            // The last token is always computed: its logits are what the sequence needs.
            var shared = CollectionsMarshal.AsSpan(wanted)[..^1].CommonPrefixLength(_entries[i].Tokens);
            if (shared > length)
                (best, length) = (i, shared);
        }
        if (best < 0)
            return null;
        var entry = _entries[best];
        _entries.RemoveAt(best);
        _entries.Add(entry);
        return entry.Cache.TryFork(length);
    }

    /// <summary>Gives up the least recently used cache. False: there is none.</summary>
    public bool DropOldest()
    {
        if (_entries.Count == 0)
            return false;
        RemoveAt(0);
        return true;
    }

    private void RemoveAt(int i)
    {
        _entries[i].Cache.Release();
        _entries.RemoveAt(i);
    }
}
