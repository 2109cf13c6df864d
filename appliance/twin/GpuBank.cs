namespace Appliance.Twin;

/// <summary>
/// The GPUs and their plates. Two stages, fitted to the recorded H100: the die follows its power over the plate at once
/// (tenths of a second), the plate follows over tens of seconds and gives its heat to the coolant that passes.
/// </summary>
internal sealed class GpuBank
{
    private const double ThrottleBelowK = 0.5;
    private const double ShutdownOverK = 5;
    private readonly PlantParameters _p;
    private readonly double _throttleC;
    private readonly double[] _dieKPerW;
    private readonly double[] _plateUa;
    private readonly double[] _over;
    private readonly double[] _memoryOver;
    private readonly double[] _conductance;
    private readonly double[] _conductanceAt;
    private readonly double[] _selfCapW;
    private double _dt = -1;
    private double _dieKeep;
    private double _memoryKeep;

    public GpuBank(PlantParameters p, int count, double throttleC, double maxW, ref NoiseSource noise, double spread)
    {
        _p = p;
        _throttleC = throttleC;
        _dieKPerW = new double[count];
        _plateUa = new double[count];
        _over = new double[count];
        _memoryOver = new double[count];
        _conductance = new double[count];
        _conductanceAt = new double[count];
        _selfCapW = new double[count];
        PlateC = new double[count];
        DieC = new double[count];
        MemoryC = new double[count];
        PowerW = new double[count];
        FlowShare = new double[count];
        Dead = new bool[count];
        Array.Fill(_selfCapW, maxW * 2);
        Array.Fill(_conductanceAt, -1);
        Array.Fill(FlowShare, 1);
        for (var i = 0; i < count; i++)
        {
            // Boards of one machine differ less than machines do.
            _dieKPerW[i] = p.DieKPerW * (1 + spread / 4 * noise.Symmetric());
            _plateUa[i] = p.PlateUaWPerK * (1 + spread / 4 * noise.Symmetric());
        }
    }

    public double[] PlateC { get; }

    public double[] DieC { get; }

    public double[] MemoryC { get; }

    public double[] PowerW { get; }

    /// <summary>Openness of each plate's branch: 1 free, 0 closed.</summary>
    public double[] FlowShare { get; }

    /// <summary>Switched itself off from heat: needs a reset.</summary>
    public bool[] Dead { get; }

    /// <summary>Power this GPU would draw, held back by its own thermal limit; that is the last thing that saves it.</summary>
    public double SelfLimited(int gpu, double watts, double dtS)
    {
        if (DieC[gpu] > _throttleC)
            _selfCapW[gpu] = Math.Max(Math.Min(_selfCapW[gpu], watts) - 300 * dtS, _p.IdleW);
        else if (DieC[gpu] < _throttleC - ThrottleBelowK)
            _selfCapW[gpu] = Math.Min(_selfCapW[gpu] + 60 * dtS, 2000);
        if (DieC[gpu] > _throttleC + ShutdownOverK)
            Dead[gpu] = true;
        return Math.Min(watts, _selfCapW[gpu]);
    }

    /// <param name="gpuLMin">Flow through each plate if all were open, L/min.</param>
    /// <param name="memoryPercent">Memory activity per GPU.</param>
    /// <returns>Heat given to the coolant, W.</returns>
    public double Step(double dtS, double supplyC, double gpuLMin, double openShare, ReadOnlySpan<double> memoryPercent)
    {
        if (dtS != _dt)
        {
            _dt = dtS;
            _dieKeep = Math.Exp(-dtS / _p.DieTauS);
            _memoryKeep = Math.Exp(-dtS / _p.MemoryTauS);
        }

        double heat = 0;
        for (var i = 0; i < PlateC.Length; i++)
        {
            var g = Conductance(i, gpuLMin * FlowShare[i] / openShare);
            var power = PowerW[i];
            var plate = PlateC[i];
            double mean;
            if (g > 1e-6)
            {
                var balance = supplyC + power / g;
                var x = g / _p.PlateJPerK * dtS;
                var keep = x < 0.02 ? 1 - x + 0.5 * x * x : Math.Exp(-x);
                PlateC[i] = balance + (plate - balance) * keep;
                mean = 0.5 * (plate + PlateC[i]);
            }
            else
            {
                PlateC[i] = plate + power / _p.PlateJPerK * dtS;
                mean = plate;
            }

            heat += g * (mean - supplyC);
            var over = _dieKPerW[i] * power;
            _over[i] = over + (_over[i] - over) * _dieKeep;
            DieC[i] = PlateC[i] + _over[i];
            var memory = _p.MemoryOffsetK + _p.MemoryKPerW * power + _p.MemoryKPerPercent * memoryPercent[i];
            _memoryOver[i] = memory + (_memoryOver[i] - memory) * _memoryKeep;
            MemoryC[i] = PlateC[i] + _memoryOver[i];
        }

        return heat;
    }

    /// <summary>Puts every GPU into the steady state of its power.</summary>
    public void Settle(double supplyC, double gpuLMin, ReadOnlySpan<double> memoryPercent)
    {
        for (var i = 0; i < PlateC.Length; i++)
        {
            PlateC[i] = supplyC + PowerW[i] / Math.Max(Conductance(i, gpuLMin * FlowShare[i]), 1);
            _over[i] = _dieKPerW[i] * PowerW[i];
            _memoryOver[i] = _p.MemoryOffsetK + _p.MemoryKPerW * PowerW[i] + _p.MemoryKPerPercent * memoryPercent[i];
            DieC[i] = PlateC[i] + _over[i];
            MemoryC[i] = PlateC[i] + _memoryOver[i];
        }
    }

    /// <summary>Hottest die once everything has settled at this flow and power.</summary>
    public double HottestSteadyC(double supplyC, double gpuLMin, double gpuW)
    {
        double hottest = 0;
        for (var i = 0; i < PlateC.Length; i++)
            hottest = Math.Max(hottest, supplyC + gpuW * (_dieKPerW[i] + 1 / Math.Max(Conductance(i, gpuLMin * FlowShare[i]), 1)));
        return hottest;
    }

    /// <summary>Power at which this die settles at <paramref name="maxDieC"/>, W; 0 for a plate without flow.</summary>
    public double MostPowerW(int gpu, double supplyC, double gpuLMin, double openShare, double maxDieC)
    {
        var g = Conductance(gpu, gpuLMin * FlowShare[gpu] / openShare);
        return g > 1e-6 ? Math.Max(0, (maxDieC - supplyC) / (_dieKPerW[gpu] + 1 / g)) : 0;
    }

    /// <summary>Plate to coolant inlet, W/K: interface in series with ε·C along the plate. Cached: it moves only with the flow.</summary>
    private double Conductance(int gpu, double lMin)
    {
        if (Math.Abs(lMin - _conductanceAt[gpu]) < 1e-4 * lMin || lMin == _conductanceAt[gpu])
            return _conductance[gpu];
        _conductanceAt[gpu] = lMin;
        if (lMin < 1e-3)
            return _conductance[gpu] = 0;
        var carried = lMin / 60 * _p.CoolantJPerLK;
        var nominal = _p.NominalLMin / PlateC.Length;
        var ua = _plateUa[gpu] * Math.Sqrt(lMin / nominal);
        var along = carried * (1 - Math.Exp(-ua / carried));
        return _conductance[gpu] = 1 / (_p.PlateKPerW + 1 / along);
    }
}
