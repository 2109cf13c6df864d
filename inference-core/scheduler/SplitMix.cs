namespace InferenceCore.Scheduling;

/// <summary>
/// SplitMix64 (Steele, Lea, Flood 2014): 64 bits of state, so that a request's whole randomness is one number that can be written into a
/// journal. Not System.Random, whose algorithm is not part of its contract and whose seed has 31 bits.
/// </summary>
internal struct SplitMix(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The generator of answer <paramref name="choice"/> of a request.</summary>
    public static SplitMix Of(ulong seed, int choice)
    {
        var mixer = new SplitMix(seed ^ ((ulong)choice * 0xD1342543DE82EF95));
        return new SplitMix(mixer.Next());
    }

    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1ul << 53));
}
