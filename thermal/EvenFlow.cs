namespace Appliance.Thermal;

/// <summary>What the pumps' duties have been giving, and what is missing of it at once (<c>Estimator.PumpMissing</c>).</summary>
internal record struct EvenFlow
{
    /// <summary>Flow against what the duties promise, while nothing happens; 0: not known yet.</summary>
    public double Share;

    /// <summary>For how long no pump's duty has moved, s.</summary>
    public double QuietS;

    /// <summary>For how long it has not been less, s.</summary>
    public double EvenS;

    /// <summary>Ticks in a row in which it was less.</summary>
    public int Fallen;

    /// <summary>Share of the flow that a pump which stopped has taken away, 0 when none has.</summary>
    public double Missing;
    public double HoldS;
}
