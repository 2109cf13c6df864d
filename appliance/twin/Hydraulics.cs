namespace Appliance.Twin;

/// <summary>
/// Pumps in parallel, each behind a non-return valve: h = n²·H0 − c·q². The loop takes h = k·Q², half of it in the plates,
/// which lie in parallel. Heads are scaled so that H0 = 1.
/// </summary>
internal sealed class Hydraulics
{
    private readonly double _pump;
    private readonly double _loop;

    public Hydraulics(PlantParameters p, int pumps)
    {
        // Two conditions give pump curve and loop: one pump alone gives OnePumpShare of what all give together.
        var all = p.BothPumpsLMin;
        var one = p.BothPumpsLMin * p.OnePumpShare;
        var shared = 1.0 / (pumps * pumps);
        if (pumps == 1)
        {
            _pump = 0.3 / (all * all);
            _loop = 0.7 / (all * all);
            return;
        }

        // (k + c) one² = 1 and (k + c/pumps²) all² = 1
        _pump = (1 / (one * one) - 1 / (all * all)) / (1 - shared);
        _loop = 1 / (one * one) - _pump;
    }

    /// <param name="speed">0..1 of full speed; a pump that moves nothing counts as 0.</param>
    /// <param name="plateShare">Open share of all plates together, 1 when nothing is clogged.</param>
    public double FlowLMin(ReadOnlySpan<double> speed, double plateShare, double weak)
    {
        var loop = _loop * (0.5 + 0.5 / Math.Max(plateShare * plateShare, 1e-4));
        double low = 0, high = 0;
        foreach (var n in speed)
            high = Math.Max(high, n * n * weak);
        if (high < 1e-6)
            return 0;
        var h = 0.6 * high;
        for (var k = 0; k < 40; k++)
        {
            var q = -Math.Sqrt(h / loop);
            var slope = 0.5 * q / Math.Max(h, 1e-9);
            foreach (var n in speed)
            {
                var drop = n * n * weak - h;
                if (drop <= 0)
                    continue;
                var part = Math.Sqrt(drop / _pump);
                q += part;
                slope -= 0.5 * part / Math.Max(drop, 1e-9);
            }

            if (q > 0)
                low = h;
            else
                high = h;
            var next = h - q / slope;
            if (!(next > low && next < high))
                next = 0.5 * (low + high);
            if (Math.Abs(next - h) < 1e-7)
                break;
            h = next;
        }

        return Math.Sqrt(h / loop);
    }
}
