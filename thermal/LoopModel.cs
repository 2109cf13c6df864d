namespace Appliance.Thermal;

/// <summary>
/// The laws of the loop, tabulated once from <see cref="LoopDesign"/> so that a tick costs a few lookups. Cross-flow exchanger with
/// fresh cold fluid: outlet = cold + (inlet − cold)·exp(−g/C), g = θ·C_cold·(1 − exp(−UA/C_cold)), UA ∝ drive^n. θ is what
/// identification learns (1 = as designed; fouling, a dirty filter or a better core move it).
/// </summary>
internal sealed class LoopModel
{
    private const int Points = 256;
    private readonly double[] _g = new double[Points + 1];
    private const double GpuLMinMax = 2.5;
    private readonly double[] _along = new double[Points + 1];


    public LoopModel(LoopDesign design)
    {
        Design = design;
        for (var i = 0; i <= Points; i++)
        {
            var drive = Math.Max((double)i / Points, 1e-3);
            var cold = drive * design.ColdWPerK;
            _g[i] = cold * (1 - Math.Exp(-design.UaWPerK * Math.Pow(drive, design.UaExponent) / cold));
            var lMin = Math.Max(GpuLMinMax * i / Points, 1e-3);
            var carried = lMin / 60 * design.CoolantJPerLK;
            var ua = design.PlateUaWPerK * Math.Sqrt(lMin / design.NominalGpuLMin);
            _along[i] = carried * (1 - Math.Exp(-ua / carried));
        }
    }

    public LoopDesign Design { get; }

    /// <summary>Designed conductance to the cold inlet at this drive, W/K.</summary>
    public double Conductance(double drive) => Lookup(_g, Math.Clamp(drive, 0, 1) * Points);

    private const double FacilityStepK = 10;

    /// <summary>Cold fluid's inlet: facility water, or room air plus what the rest of the node puts into it.</summary>
    /// <param name="sourceC">Room air, or facility water as measured or designed.</param>
    /// <param name="share">The node's own heat against the designed one; for facility water 0.1 is one kelvin.</param>
    public double ColdC(double sourceC, double drive, double gpuW, double share) => Design.FacilityC is not null
        ? sourceC + FacilityStepK * (share - 1)
        : sourceC + Math.Min(share * (Design.AirSideIdleW + Design.AirSidePerW * gpuW) / (Math.Max(drive, 0.01) * Design.ColdWPerK), 60);

    /// <summary>How far the cold inlet moves per unit of that share, K.</summary>
    public double ColdStepK(double aboveRoomK, double share) => Design.FacilityC is null ? aboveRoomK / Math.Max(share, 0.1) : FacilityStepK;

    /// <summary>Heat capacity rate of the coolant, W/K.</summary>
    public double Carried(double lMin) => Math.Max(lMin, 0.05) / 60 * Design.CoolantJPerLK;

    public static double OutletC(double inletC, double coldC, double g, double carried) =>
        coldC + (inletC - coldC) * Math.Exp(-g / carried);

    /// <summary>Die over coolant inlet per watt at this flow per GPU, K/W.</summary>
    public double GpuKPerW(double gpuLMin) =>
        Design.DieKPerW + Design.PlateKPerW + 1 / Lookup(_along, Math.Clamp(gpuLMin / GpuLMinMax, 0.001, 1) * Points);

    /// <summary>Least flow per GPU, L/min, at which the resistance is at most this; the table's end when none is.</summary>
    public double GpuLMinFor(double kPerW)
    {
        var film = kPerW - Design.DieKPerW - Design.PlateKPerW;
        if (film <= 0)
            return GpuLMinMax;
        var need = 1 / film;
        int low = 0, high = Points;
        if (_along[Points] < need)
            return GpuLMinMax;
        while (high - low > 1)
        {
            var mid = (low + high) / 2;
            if (_along[mid] < need)
                low = mid;
            else
                high = mid;
        }

        var span = _along[high] - _along[low];
        return GpuLMinMax * (low + (span > 0 ? (need - _along[low]) / span : 1)) / Points;
    }

    private static double Lookup(double[] table, double at)
    {
        var i = Math.Min((int)at, Points - 1);
        return table[i] + (at - i) * (table[i + 1] - table[i]);
    }
}
