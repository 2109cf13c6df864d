using InferenceCore.Engine;

namespace InferenceCore.Cuda;

/// <summary>
/// Proof that the weights are still those that were loaded: their sums, piece by piece, are taken once after loading and again all the time, at a
/// pace that comes round in <see cref="Period"/> whatever else is computed. One bit that flips always changes a sum. What a pass costs is its
/// bytes over the memory's bandwidth: 15 GB in nine seconds are 0.05 % of an H100's, 30 GB 0.1 %. Belongs to the thread that steps.
/// </summary>
internal sealed class WeightGuard
{
    /// <summary>A flip is found within this and a step or two; ten seconds are asked for.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(9);

    // A launch costs a few microseconds whatever it sums up: rather 128 MB now and then than a little in every step …
    private const int FewestPieces = 512;

    // … but of a small model not all of it at once either.
    private const int FewestParts = 16;

    /// <summary>After a long step much is due; 512 MB of it are 0.2 ms, which nobody notices.</summary>
    private const int MostPieces = 2048;

    private readonly ISummedWeights _weights;
    private readonly TimeProvider _time;
    private readonly ulong[] _known;
    private readonly int _fewest;
    private readonly long _began;
    private long _done;
    private int _first;
    private int _count;

    /// <summary>Takes the sums of weights that have just been loaded.</summary>
    public WeightGuard(ISummedWeights weights, TimeProvider time)
    {
        _weights = weights;
        _time = time;
        _fewest = Math.Clamp(weights.Pieces / FewestParts, 1, FewestPieces);
        weights.Queue(0, weights.Pieces);
        weights.Wait();
        _known = weights.Sums.ToArray();
        _began = time.GetTimestamp();
    }

    /// <summary>Times that a piece's sum was wrong once and right when it was taken again.</summary>
    public int Doubts { get; private set; }

    /// <summary>Whole passes since the beginning.</summary>
    public double Passes => (double)_done / _weights.Pieces;

    /// <summary>Asks for the sums that are due, if it is worth it; <see cref="Check"/> looks at them once they have been waited for.</summary>
    /// <returns>True: something was asked for.</returns>
    public bool Queue()
    {
        var due = Due();
        if (_count > 0 || due < _fewest)
            return false;
        _first = (int)(_done % _weights.Pieces);
        _count = Math.Min(due, _weights.Pieces - _first);
        _weights.Queue(_first, _count);
        return true;
    }

    /// <summary>Compares the sums that <see cref="Queue"/> asked for; the caller has waited for them. None was asked for: all is well.</summary>
    /// <returns>The pieces that have changed.</returns>
    public IReadOnlyList<WeightFault> Check()
    {
        if (_count == 0)
            return [];
        var faults = Compare(_first, _count);
        _done += _count;
        _count = 0;
        return faults;
    }

    /// <summary>All pieces here and now.</summary>
    public IReadOnlyList<WeightFault> Sweep()
    {
        _weights.Queue(0, _weights.Pieces);
        _weights.Wait();
        return Compare(0, _weights.Pieces);
    }

    private int Due()
    {
        var target = (long)(_time.GetElapsedTime(_began) / Period * _weights.Pieces);
        // After a pause, in which nothing was computed, one pass says all there is to say.
        _done = Math.Max(_done, target - _weights.Pieces);
        return (int)Math.Min(target - _done, MostPieces);
    }

    private IReadOnlyList<WeightFault> Compare(int first, int count)
    {
        if (_weights.Sums.Slice(first, count).SequenceEqual(_known.AsSpan(first, count)))
            return [];
        var faults = new List<WeightFault>();
        for (var piece = first; piece < first + count; piece++)
        {
            if (_weights.Sums[piece] == _known[piece])
                continue;
            // Once more: the fault may have been in the sum.
            _weights.Queue(piece, 1);
            _weights.Wait();
            if (_weights.Sums[piece] == _known[piece])
                Doubts++;
            else
                faults.Add(new WeightFault(piece * _weights.PieceBytes, Math.Min(_weights.PieceBytes, _weights.Bytes - (piece * _weights.PieceBytes))));
        }

        return faults;
    }
}
