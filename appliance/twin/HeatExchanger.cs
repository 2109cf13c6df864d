namespace Appliance.Twin;

/// <summary>
/// Coolant in cross-flow against fresh cold fluid (air or facility water), as cells in series along the coolant. In steady state
/// this is the ε-NTU law of a cross-flow with the coolant mixed: ε = 1 − exp(−g/C), g = C_cold (1 − exp(−UA/C_cold)).
/// </summary>
internal sealed class HeatExchanger
{
    private const int Cells = 8;
    private readonly double[] _c = new double[Cells];
    private readonly double _volumeL;
    private readonly double _metalJPerK;
    private readonly double _joulePerLK;

    public HeatExchanger(double volumeL, double metalJPerK, double joulePerLK, double celsius)
    {
        _volumeL = volumeL;
        _metalJPerK = metalJPerK;
        _joulePerLK = joulePerLK;
        Array.Fill(_c, celsius);
    }

    public double OutC => _c[Cells - 1];

    /// <summary>Heat taken out in the last step, W.</summary>
    public double RejectedW { get; private set; }

    /// <param name="g">Conductance to the cold fluid's inlet temperature, W/K.</param>
    public double Step(double dtS, double flowLS, double inC, double g, double coldC)
    {
        var cell = (_volumeL * _joulePerLK + _metalJPerK) / Cells;
        var carried = flowLS * _joulePerLK;

        // Each cell is well mixed; this conductance makes the row of them obey the exponential law exactly.
        var perCell = carried > 0 ? Math.Max(g / Cells, carried * (Math.Exp(Math.Min(g / Cells / carried, 3)) - 1)) : g / Cells;
        var keep = Math.Exp(-(carried + perCell) / cell * dtS);
        double heat = 0;
        var entering = inC;
        double outSum = 0;
        for (var i = 0; i < Cells; i++)
        {
            // Each cell moves exactly towards its own balance while its neighbours stand still: stable at any step.
            var balance = carried + perCell > 1e-9 ? (carried * entering + perCell * coldC) / (carried + perCell) : _c[i];
            var next = balance + (_c[i] - balance) * keep;
            var mean = 0.5 * (_c[i] + next);
            heat += perCell * (mean - coldC);
            _c[i] = next;
            entering = mean;
            outSum = mean;
        }

        RejectedW = heat;
        return outSum;
    }

    /// <summary>Steady profile between the two ends.</summary>
    public void Fill(double inC, double outC, double coldC)
    {
        var ratio = inC - coldC > 1e-6 ? Math.Max((outC - coldC) / (inC - coldC), 1e-3) : 1;
        for (var i = 0; i < Cells; i++)
            _c[i] = coldC + (inC - coldC) * Math.Pow(ratio, (i + 1.0) / Cells);
    }
}
