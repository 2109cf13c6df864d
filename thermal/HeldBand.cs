namespace Appliance.Thermal;

/// <summary>
/// Least and most of a band over the last moments, for a driver that goes on answering with an old look: two spans of the hold's length,
/// so that never less than the hold is remembered, and never more than twice that.
/// </summary>
internal struct HeldBand
{
    private double _low;
    private double _high;
    private double _lowBefore;
    private double _highBefore;
    private double _spanS;

    /// <summary>Takes this tick's band in and widens it to that of the hold.</summary>
    public void Widen(ref double low, ref double high, double holdS, double dt)
    {
        if (holdS <= 0)
            return;
        if (_spanS <= 0 || _spanS > holdS)
        {
            (_lowBefore, _highBefore) = _spanS <= 0 ? (low, high) : (_low, _high);
            (_low, _high, _spanS) = (low, high, 0);
        }

        _spanS += dt;
        _low = Math.Min(_low, low);
        _high = Math.Max(_high, high);
        low = Math.Min(_low, _lowBefore);
        high = Math.Max(_high, _highBefore);
    }
}
