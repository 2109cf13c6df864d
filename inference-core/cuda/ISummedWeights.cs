namespace InferenceCore.Cuda;

/// <summary>Weights in pieces whose sums can be asked for: a device's arena, or what a test takes for one.</summary>
internal interface ISummedWeights
{
    long Bytes { get; }

    /// <summary>Of every piece but the last, which may be shorter.</summary>
    long PieceBytes { get; }

    int Pieces { get; }

    /// <summary>The sum of each piece when it was last asked for; what is under way may come at any time.</summary>
    ReadOnlySpan<ulong> Sums { get; }

    /// <summary>Asks for the sums of <paramref name="count"/> pieces from <paramref name="first"/> on; costs the caller next to nothing.</summary>
    void Queue(int first, int count);

    /// <summary>Until all that was asked for is there.</summary>
    void Wait();
}
