using System.Runtime.CompilerServices;

namespace Appliance.Thermal;

/// <summary>
/// The loop's coolant followed from the return sensor through return pipe, exchanger, reservoir and supply pipe to the supply sensor.
/// The distance between what it predicts there and what is measured, delay-matched, is the model's error: the controller aims
/// that much beside the setpoint (internal model control: no integrator, so nothing to wind up), and identification turns what stays
/// of it into θ.
/// </summary>
internal struct LoopObserver
{
    public const int Nodes = 8;
    private const int Cells = 8;
    private VolumePipe _return;
    private VolumePipe _supply;
    private CellArray _cells;
    private double _reservoirC;
    private double _sensorC;
    private double _flowLMin;
    private double _steadyS;
    private double _lastDrive;
    private double _lastReturnC;
    private bool _started;

    /// <summary>ln θ at drives 0, 1/7 … 1 and whether it was ever learnt there.</summary>
    public NodeArray LnTheta;
    public NodeArray Learnt;

    /// <summary>Measured less predicted supply, filtered, K.</summary>
    public double ErrorK;

    /// <summary>Reservoir and supply pipe: the hottest that is on its way to the plates, model error included, °C.</summary>
    public readonly double ComingC => Math.Max(_reservoirC, _sensorC) + ErrorK;

    public readonly bool Started => _started;

    public readonly double PredictedSupplyC => _sensorC;

    public readonly double Theta(double drive)
    {
        var at = Math.Clamp(drive, 0, 1) * (Nodes - 1);
        var i = Math.Min((int)at, Nodes - 2);
        return Math.Exp(LnTheta[i] + (at - i) * (LnTheta[i + 1] - LnTheta[i]));
    }

    /// <summary>Return coolant that stands about half-way into the exchanger once a fan has followed its duty, °C.</summary>
    public readonly double ReachingExchangerC(LoopModel model, double ahead)
    {
        var d = model.Design;
        var seconds = d.SensorTauS + d.FanTauS;
        var behind = d.ReturnL + ahead * d.ExchangerL - _flowLMin / 60 * seconds;
        return _return.At(d.ReturnL + d.ExchangerL, Math.Max(behind, 0));
    }

    public void Step(LoopModel model, double dt, double returnC, double flowLMin, double drive, double coldC, double? supplyC)
    {
        var d = model.Design;
        if (!_started)
            Start(returnC, supplyC ?? returnC, drive);
        _flowLMin = flowLMin;
        var litres = flowLMin / 60 * dt;
        var whole = d.ReturnL + d.ExchangerL;
        _return.Push(whole, litres, returnC);

        // The sensor's own lag has delayed what it shows; look that much nearer the inlet.
        var inlet = _return.At(whole, Math.Max(d.ReturnL - flowLMin / 60 * d.SensorTauS, 0));
        var carried = model.Carried(flowLMin);
        var g = Theta(drive) * model.Conductance(drive);
        var outlet = Exchange(d, dt, inlet, carried, g, coldC);
        _reservoirC += (outlet - _reservoirC) * (1 - Math.Exp(-litres / d.ReservoirL));
        _supply.Push(d.SupplyL, litres, _reservoirC);
        var arriving = _supply.At(d.SupplyL, d.SupplyL);
        _sensorC += (arriving - _sensorC) * (1 - Math.Exp(-dt / d.SensorTauS));
        if (supplyC is { } measured)
            Compare(model, dt, measured, returnC, flowLMin, drive, coldC, g, carried);
    }

    private void Start(double returnC, double supplyC, double drive)
    {
        for (var i = 0; i < Cells; i++)
            _cells[i] = returnC + (supplyC - returnC) * (i + 1) / Cells;
        _reservoirC = supplyC;
        _sensorC = supplyC;
        _supply.Push(1, 0, supplyC);
        _lastDrive = drive;
        _lastReturnC = returnC;
        _started = true;
    }

    private double Exchange(LoopDesign d, double dt, double inletC, double carried, double g, double coldC)
    {
        var heat = (d.ExchangerL * d.CoolantJPerLK + d.CoreJPerK) / Cells;
        var perCell = g / Cells;
        var keep = Math.Exp(-(carried + perCell) / heat * dt);
        var entering = inletC;
        for (var i = 0; i < Cells; i++)
        {
            var balance = (carried * entering + perCell * coldC) / (carried + perCell);
            var next = balance + (_cells[i] - balance) * keep;
            entering = 0.5 * (_cells[i] + next);
            _cells[i] = next;
        }

        return entering;
    }

    private void Compare(
        LoopModel model, double dt, double measured, double returnC, double flowLMin, double drive, double coldC, double g, double carried)
    {
        // The filter is a volume, not a time: at half the flow the loop answers half as fast.
        var tau = 60 * FilterL / Math.Max(flowLMin, 1);
        var error = measured - _sensorC;
        ErrorK += (error - ErrorK) * (1 - Math.Exp(-dt / tau));

        // Learn only from what has stood still for as long as coolant needs to come round.
        _lastDrive += (drive - _lastDrive) * dt / 20;
        _lastReturnC += (returnC - _lastReturnC) * dt / 20;
        var still = Math.Abs(drive - _lastDrive) < 0.03 + 0.1 * drive && Math.Abs(returnC - _lastReturnC) < 0.4;
        _steadyS = still ? _steadyS + dt : 0;
        var round = 60 * (model.Design.ReservoirL + model.Design.SupplyL + model.Design.ExchangerL) / Math.Max(flowLMin, 1);
        if (_steadyS < 0.7 * round)
            return;
        var sensitivity = Math.Max((measured - coldC) * g / carried, 1.0);
        Learn(drive, -ErrorK / sensitivity * dt / (2 * round));
    }

    private const double FilterL = 1.6;

    private void Learn(double drive, double step)
    {
        var at = Math.Clamp(drive, 0, 1) * (Nodes - 1);
        var i = Math.Min((int)at, Nodes - 2);
        var share = at - i;
        LnTheta[i] = Math.Clamp(LnTheta[i] + step * 1.5 * (1 - share), -1.2, 1.2);
        LnTheta[i + 1] = Math.Clamp(LnTheta[i + 1] + step * 1.5 * share, -1.2, 1.2);
        Learnt[i] = Math.Max(Learnt[i], 1 - share);
        Learnt[i + 1] = Math.Max(Learnt[i + 1], share);

        // Where nothing was learnt yet, the nearest that was is a better guess than the design.
        for (var k = 0; k < Nodes; k++)
        {
            if (Learnt[k] >= 0.2)
                continue;
            for (var far = 1; far < Nodes; far++)
            {
                if (k - far >= 0 && Learnt[k - far] >= 0.2)
                {
                    LnTheta[k] = LnTheta[k - far];
                    break;
                }

                if (k + far < Nodes && Learnt[k + far] >= 0.2)
                {
                    LnTheta[k] = LnTheta[k + far];
                    break;
                }
            }
        }
    }

    [InlineArray(Cells)]
    private struct CellArray
    {
        private double _first;
    }

    [InlineArray(Nodes)]
    public struct NodeArray
    {
        private double _first;
    }
}
