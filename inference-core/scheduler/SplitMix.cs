namespace InferenceCore.Scheduling;

/// <summary>
/// SplitMix64 (Steele, Lea, Flood 2014): 64 bits of state, so that a request's whole randomness is one number that stands in the
/// journal. Not System.Random, whose algorithm is not part of its contract and whose seed has 31 bits.
/// </summary>
internal struct SplitMix(ulong seed)
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;

    private ulong _state = seed;

    /// <summary>
    /// The generator of answer <paramref name="choice"/> of a request, ready for its token number <paramref name="position"/>: the state is a sum,
    /// so that the number for any token can be had without those before it.
    /// </summary>
    public static SplitMix At(ulong seed, int choice, int position)
    {
        var mixer = new SplitMix(seed ^ ((ulong)choice * 0xD1342543DE82EF95));
        return new SplitMix(mixer.Next() + (Gamma * (ulong)position));
    }

    public ulong Next()
    {
        var z = _state += Gamma;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1ul << 53));
}
