namespace Appliance.Thermal;

/// <summary>
/// On-line identification: three parameters by a Kalman filter whose prior is "as designed, within a third". ln θ (conductance of
/// the exchanger), its slope over ln drive (exponent, capacity of the cold stream) and the share of the node's own heat ahead of the
/// radiator. Three, because a box at idle and a box at full load must not contradict each other.
/// </summary>
internal struct LoopIdentity
{
    private const double PriorTheta = 0.22;
    private const double PriorSlope = 0.15;
    private const double PriorCold = 0.25;

    // Conductance ages and fouls; the other two are how the box was built.
    private const double ThetaDrift = 2e-5;
    private const double BuiltDrift = 1e-7;
    private const double SurpriseTheta = 0.01;
    private const double MaxTheta = 1.2;
    private const double MaxSlope = 0.4;
    private const double MaxCold = 0.5;
    public double LnTheta;
    public double Slope;
    public double ColdShare;
    private double _p00;
    private double _p01;
    private double _p02;
    private double _p11;
    private double _p12;
    private double _p22;

    /// <summary>Standard deviation of ln θ, about the relative doubt about the conductance.</summary>
    public readonly double Doubt => Math.Sqrt(_p00);

    public void Prepare()
    {
        if (_p00 > 0)
            return;
        _p00 = PriorTheta * PriorTheta;
        _p11 = PriorSlope * PriorSlope;
        _p22 = PriorCold * PriorCold;
    }

    /// <summary>Takes back what a checkpoint kept; the doubt starts at half the prior's, because the box may have been mended meanwhile.</summary>
    public void Restore(double lnTheta, double slope, double coldShare)
    {
        (LnTheta, Slope, ColdShare) = (Math.Clamp(lnTheta, -MaxTheta, MaxTheta), Math.Clamp(slope, -MaxSlope, MaxSlope), Math.Clamp(coldShare, -MaxCold, MaxCold));
        Prepare();
        _p00 /= 4;
        _p11 /= 4;
        _p22 /= 4;
    }

    /// <param name="errorK">Measured less predicted supply.</param>
    /// <returns>How much of the error the new parameters explain, K.</returns>
    public double Learn(double errorK, double h0, double h1, double h2, double variance)
    {
        _p00 += ThetaDrift;
        _p11 += BuiltDrift;
        _p22 += BuiltDrift;
        var v0 = _p00 * h0 + _p01 * h1 + _p02 * h2;
        var v1 = _p01 * h0 + _p11 * h1 + _p12 * h2;
        var v2 = _p02 * h0 + _p12 * h1 + _p22 * h2;
        var s = h0 * v0 + h1 * v1 + h2 * v2 + variance;
        if (errorK * errorK > 9 * s)
        {
            // Three standard deviations: something changed. What changes suddenly is the conductance (dirt, a lost fan), not the build.
            _p00 += SurpriseTheta;
            v0 += SurpriseTheta * h0;
            s += SurpriseTheta * h0 * h0;
        }

        var (k0, k1, k2) = (v0 / s, v1 / s, v2 / s);
        var (d0, d1, d2) = (
            Math.Clamp(LnTheta + k0 * errorK, -MaxTheta, MaxTheta) - LnTheta,
            Math.Clamp(Slope + k1 * errorK, -MaxSlope, MaxSlope) - Slope,
            Math.Clamp(ColdShare + k2 * errorK, -MaxCold, MaxCold) - ColdShare);
        LnTheta += d0;
        Slope += d1;
        ColdShare += d2;
        _p00 -= k0 * v0;
        _p01 -= k0 * v1;
        _p02 -= k0 * v2;
        _p11 -= k1 * v1;
        _p12 -= k1 * v2;
        _p22 -= k2 * v2;
        Release(Slope, MaxSlope, ref _p11, ref _p01, ref _p12);
        Release(ColdShare, MaxCold, ref _p22, ref _p02, ref _p12);
        return h0 * d0 + h1 * d1 + h2 * d2;
    }

    /// <summary>A parameter at its bound explains nothing more: let it no longer pull the others.</summary>
    private static void Release(double value, double bound, ref double variance, ref double one, ref double other)
    {
        if (Math.Abs(value) < bound - 1e-9)
            return;
        one = other = 0;
        variance = Math.Min(variance, 1e-3);
    }
}
