using InferenceCore.Cuda;

namespace FastTests.Cuda;

/// <summary>Weights that are only their sums: a piece is changed by one number. What is asked for is there when it is waited for, as on a device.</summary>
internal sealed class FlippableWeights(int pieces) : ISummedWeights
{
    private readonly ulong[] _true = [.. Enumerable.Range(0, pieces).Select(p => (ulong)p * 0x9E3779B97F4A7C15)];
    private readonly ulong[] _sums = new ulong[pieces];
    private readonly List<(int First, int Count)> _queued = [];
    private int? _misread;

    public long Bytes => ((long)pieces * PieceBytes) - 1024;

    public long PieceBytes => 256 << 10;

    public int Pieces => pieces;

    public ReadOnlySpan<ulong> Sums => _sums;

    /// <summary>Pieces summed up so far.</summary>
    public long Summed { get; private set; }

    public int Launches { get; private set; }

    public void Queue(int first, int count)
    {
        Assert.InRange(first, 0, pieces - 1);
        Assert.InRange(count, 1, pieces - first);
        _queued.Add((first, count));
        Summed += count;
        Launches++;
    }

    public void Wait()
    {
        foreach (var (first, count) in _queued)
        {
            for (var piece = first; piece < first + count; piece++)
                _sums[piece] = _true[piece] + (piece == _misread ? 1ul : 0);
            if (_misread is { } wrong && wrong >= first && wrong < first + count)
                _misread = null;
        }

        _queued.Clear();
    }

    /// <summary>Flips a bit, or puts it back.</summary>
    public void Flip(int piece) => _true[piece] ^= 1ul << 47;

    /// <summary>The next sum of this piece is wrong, and only that one.</summary>
    public void Misread(int piece) => _misread = piece;
}
