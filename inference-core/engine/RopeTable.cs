namespace InferenceCore.Engine;

/// <summary>
/// Frequencies of the rotation, one per pair of values, and the factor on cosine and sine.
/// Sources: RoFormer (arXiv 2104.09864), YaRN (arXiv 2309.00071), Llama 3.1's published scaling.
/// </summary>
internal sealed unsafe class RopeTable
{
    private readonly double[] _frequencies;
    private readonly double _amplitude;
    private readonly bool _interleaved;

    /// <param name="rope">Base and scaling.</param>
    /// <param name="width">Rotated values of a head, even.</param>
    public RopeTable(RopeConfig rope, int width)
    {
        _interleaved = rope.Interleaved;
        _frequencies = new double[width / 2];
        for (var i = 0; i < _frequencies.Length; i++)
            _frequencies[i] = Math.Pow(rope.Theta, -2.0 * i / width);

        _amplitude = 1;
        switch (rope.Scaling)
        {
            case RopeScaling.Default:
                break;
            case RopeScaling.Linear linear:
                for (var i = 0; i < _frequencies.Length; i++)
                    _frequencies[i] /= linear.Factor;
                break;
            case RopeScaling.Llama3 llama3:
                ScaleLlama3(llama3);
                break;
            case RopeScaling.Yarn yarn:
                ScaleYarn(yarn, rope.Theta, width);
                _amplitude = yarn.AttentionFactor ?? YarnAmplitude(yarn);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Pairs of a head.</summary>
    public int Pairs => _frequencies.Length;

    /// <summary>Radians per position, per pair.</summary>
    public ReadOnlySpan<double> Frequencies => _frequencies;

    /// <summary>Factor on cosine and sine.</summary>
    public double Amplitude => _amplitude;

    /// <summary>0.1·mscale·ln(factor) + 1, and 1 where nothing is stretched.</summary>
    public static double YarnMscale(double factor, double mscale) => factor <= 1 ? 1 : (0.1 * mscale * Math.Log(factor)) + 1;

    /// <summary>Cosines and sines of one position: [pairs] each.</summary>
    public void Fill(int position, float* cosines, float* sines)
    {
        for (var i = 0; i < _frequencies.Length; i++)
        {
            var (sine, cosine) = Math.SinCos(position * _frequencies[i]);
            cosines[i] = (float)(cosine * _amplitude);
            sines[i] = (float)(sine * _amplitude);
        }
    }

    /// <summary>Rotates one head's values [2·pairs] in place.</summary>
    public void Rotate(float* values, float* cosines, float* sines)
    {
        var pairs = _frequencies.Length;
        for (var i = 0; i < pairs; i++)
        {
            var first = _interleaved ? 2 * i : i;
            var second = _interleaved ? first + 1 : i + pairs;
            float a = values[first], b = values[second];
            values[first] = (a * cosines[i]) - (b * sines[i]);
            values[second] = (b * cosines[i]) + (a * sines[i]);
        }
    }

    private static double YarnAmplitude(RopeScaling.Yarn yarn) => yarn is { Mscale: { } mscale, MscaleAllDim: { } all }
        ? YarnMscale(yarn.Factor, mscale) / YarnMscale(yarn.Factor, all)
        : YarnMscale(yarn.Factor, 1);

    // Long waves are stretched by the factor, short ones left, those between are blended.
    private void ScaleLlama3(RopeScaling.Llama3 s)
    {
        for (var i = 0; i < _frequencies.Length; i++)
        {
            var turns = s.OriginalPositions * _frequencies[i] / (2 * Math.PI);
            var keep = Math.Clamp((turns - s.LowFrequencyFactor) / (s.HighFrequencyFactor - s.LowFrequencyFactor), 0, 1);
            _frequencies[i] *= keep + ((1 - keep) / s.Factor);
        }
    }

    // The ramp runs over pair numbers: before `low` nothing is stretched, after `high` everything.
    private void ScaleYarn(RopeScaling.Yarn s, double theta, int width)
    {
        double PairOf(double turns) => width * Math.Log(s.OriginalPositions / (turns * 2 * Math.PI)) / (2 * Math.Log(theta));
        var low = PairOf(s.BetaFast);
        var high = PairOf(s.BetaSlow);
        if (s.Truncate)
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        low = Math.Max(low, 0);
        high = Math.Min(high, width - 1);
        if (low == high)
            high += 0.001;

        for (var i = 0; i < _frequencies.Length; i++)
        {
            var stretch = Math.Clamp((i - low) / (high - low), 0, 1);
            _frequencies[i] *= 1 - stretch + (stretch / s.Factor);
        }
    }
}
