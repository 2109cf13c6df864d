namespace Appliance.Twin;

/// <summary>Seeded noise, cheap enough for every sensor in every tick (SplitMix64; the normal is a sum of four uniforms).</summary>
internal struct NoiseSource(ulong seed)
{
    private ulong _state = seed;

    /// <summary>Uniform in 0..1.</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in −1..1.</summary>
    public double Symmetric() => 2 * Uniform() - 1;

    /// <summary>Mean 0, standard deviation 1, never beyond ±3.5.</summary>
    public double Normal()
    {
        var bits = Next();
        var sum = (double)(bits & 0xffff) + ((bits >> 16) & 0xffff) + ((bits >> 32) & 0xffff) + (bits >> 48);
        return (sum - 131070) * (1.7320508 / 65536);
    }

    private ulong Next()
    {
        var z = _state += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
}
