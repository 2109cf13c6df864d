using System.Runtime.CompilerServices;

namespace Appliance.Thermal;

/// <summary>
/// On-line identification: four parameters by a Kalman filter whose prior is "as designed, within a third". ln θ (conductance of
/// the exchanger), its slope over ln drive (exponent, capacity of the cold stream), the share of the node's own heat ahead of the
/// radiator, and the volume between the return sensor and the exchanger (dead time that scales with flow). Together in one filter,
/// because each explains the others' errors: a late slug must not be taken for a dirty radiator.
/// </summary>
internal struct LoopIdentity
{
    public const int Count = 4;
    private const double PriorTheta = 0.22;
    private const double PriorSlope = 0.15;
    private const double PriorCold = 0.25;
    private const double PriorDeadL = 0.5;

    // Conductance ages and fouls; the others are how the box was built.
    private const double ThetaDrift = 2e-5;
    private const double BuiltDrift = 1e-7;
    private const double SurpriseTheta = 0.01;
    private const double SurpriseTimes = 2;
    private const double MaxTheta = 1.2;
    private const double MaxSlope = 0.4;
    private const double MaxCold = 0.5;
    private const double MaxDeadL = 1.2;
    private Parameters _value;
    private Covariance _p;

    public readonly double LnTheta => _value[0];

    public readonly double Slope => _value[1];

    public readonly double ColdShare => _value[2];

    /// <summary>Litres more between the return sensor and the exchanger than designed.</summary>
    public readonly double DeadL => _value[3];

    /// <summary>Standard deviation of ln θ, about the relative doubt about the conductance.</summary>
    public readonly double Doubt => Math.Sqrt(_p[0]);

    /// <summary>Standard deviation of the dead volume, L.</summary>
    public readonly double DeadDoubtL => Math.Sqrt(_p[At(3, 3)]);

    public void Prepare()
    {
        if (_p[0] > 0)
            return;
        _p[At(0, 0)] = PriorTheta * PriorTheta;
        _p[At(1, 1)] = PriorSlope * PriorSlope;
        _p[At(2, 2)] = PriorCold * PriorCold;
        _p[At(3, 3)] = PriorDeadL * PriorDeadL;
    }

    /// <summary>Takes back what a checkpoint kept; the doubt starts at half the prior's, because the box may have been mended meanwhile.</summary>
    public void Restore(IReadOnlyList<double> kept)
    {
        for (var i = 0; i < Math.Min(kept.Count, Count); i++)
            _value[i] = Math.Clamp(kept[i], -Bound(i), Bound(i));
        Prepare();
        for (var i = 0; i < kept.Count && i < Count; i++)
            _p[At(i, i)] /= 4;
    }

    public readonly double[] Keep() => [_value[0], _value[1], _value[2], _value[3]];

    /// <param name="errorK">Measured less predicted supply.</param>
    /// <param name="h">How the prediction moves with each parameter.</param>
    /// <param name="variance">Of an error that is no parameter's.</param>
    /// <param name="surprise">The same as long as nothing has changed: what stands well out of it is a change, even amid unrest.</param>
    /// <returns>How far each parameter was moved.</returns>
    public Parameters Learn(double errorK, in Parameters h, double variance, double surprise)
    {
        _p[At(0, 0)] += ThetaDrift;
        for (var i = 1; i < Count; i++)
            _p[At(i, i)] += BuiltDrift;
        Parameters toward = default;
        var s = variance;
        for (var i = 0; i < Count; i++)
        {
            for (var j = 0; j < Count; j++)
                toward[i] += _p[At(i, j)] * h[j];
            s += h[i] * toward[i];
        }

        if (errorK * errorK > SurpriseTimes * SurpriseTimes * (s - variance + surprise))
        {
            // Something changed. What changes suddenly is the conductance (dirt, a lost fan), not the build.
            _p[At(0, 0)] += SurpriseTheta;
            toward[0] += SurpriseTheta * h[0];
            s += SurpriseTheta * h[0] * h[0];
        }

        Parameters moved = default;
        for (var i = 0; i < Count; i++)
        {
            var next = Math.Clamp(_value[i] + toward[i] / s * errorK, -Bound(i), Bound(i));
            moved[i] = next - _value[i];
            _value[i] = next;
            for (var j = 0; j < Count; j++)
                _p[At(i, j)] -= toward[i] * toward[j] / s;
        }

        for (var i = 1; i < Count; i++)
            Release(i);
        return moved;
    }

    /// <summary>A parameter at its bound explains nothing more: let it no longer pull the others.</summary>
    private void Release(int i)
    {
        if (Math.Abs(_value[i]) < Bound(i) - 1e-9)
            return;
        var variance = Math.Min(_p[At(i, i)], 1e-3);
        for (var j = 0; j < Count; j++)
            _p[At(i, j)] = _p[At(j, i)] = 0;
        _p[At(i, i)] = variance;
    }

    private static int At(int i, int j) => i * Count + j;

    private static double Bound(int i) => i switch
    {
        0 => MaxTheta,
        1 => MaxSlope,
        2 => MaxCold,
        _ => MaxDeadL,
    };

    /// <summary>One value per parameter: ln θ, slope, share of the node's own heat, dead volume.</summary>
    [InlineArray(Count)]
    internal struct Parameters
    {
        private double _first;
    }

    [InlineArray(Count * Count)]
    private struct Covariance
    {
        private double _first;
    }
}
