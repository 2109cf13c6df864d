using System.Runtime.CompilerServices;

namespace Appliance.Thermal;

/// <summary>
/// The loop's coolant followed from the return sensor through return pipe, exchanger, reservoir and supply pipe to the supply sensor.
/// The distance between what it predicts there and what is measured, delay-matched, is the model's error: the controller aims
/// that much beside the setpoint (internal model control: no integrator, so nothing to wind up), and identification turns what stays
/// of it into parameters.
/// </summary>
internal struct LoopObserver
{
    private const int Cells = 8;
    private const double LearnEveryS = 5;
    private const double ReferenceDrive = 0.5;
    private const double FilterL = 1.6;
    private VolumePipe _return;
    private VolumePipe _supply;
    private CellArray _cells;
    private double _reservoirC;
    private double _sensorC;
    private double _flowLMin;
    private double _steadyS;
    private double _sinceLearntS;
    private double _slowDrive;
    private double _slowReturnC;
    private double _seen0;
    private double _seen1;
    private double _seen2;
    private bool _started;

    /// <summary>What was identified of this box.</summary>
    public LoopIdentity Identity;

    /// <summary>Measured less predicted supply, filtered, K.</summary>
    public double ErrorK;

    /// <summary>Reservoir and supply pipe: the hottest that is on its way to the plates, model error included, °C.</summary>
    public readonly double ComingC => Math.Max(_reservoirC, _sensorC) + ErrorK;

    public readonly bool Started => _started;

    public readonly double PredictedSupplyC => _sensorC;

    /// <summary>Coolant entering the exchanger now, °C.</summary>
    public double InletC { readonly get; private set; }

    /// <summary>Exchanger conductance against the designed one at this drive.</summary>
    public readonly double Theta(double drive) => Math.Exp(Identity.LnTheta + Identity.Slope * LogDrive(drive));

    /// <summary>Cold fluid's inlet with what was learnt about the node's own heat.</summary>
    public readonly double ColdC(LoopModel model, double ambientC, double drive, double gpuW) =>
        model.ColdC(ambientC, drive, gpuW, 1 + Identity.ColdShare);

    private static double LogDrive(double drive) => Math.Log(Math.Max(drive, 0.04) / ReferenceDrive);

    /// <summary>Return coolant that stands about half-way into the exchanger once a fan has followed its duty, °C.</summary>
    public readonly double ReachingExchangerC(LoopModel model, double ahead)
    {
        var d = model.Design;
        var seconds = d.SensorTauS + d.FanTauS;
        var behind = d.ReturnL + ahead * d.ExchangerL - _flowLMin / 60 * seconds;
        return _return.At(d.ReturnL + d.ExchangerL, Math.Max(behind, 0));
    }

    public void Step(
        LoopModel model, double dt, double returnC, double flowLMin, double drive, double ambientC, double coldC, double? supplyC)
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
        InletC = inlet;
        var carried = model.Carried(flowLMin);
        var g = Theta(drive) * model.Conductance(drive);
        var outlet = Exchange(d, dt, inlet, carried, g, coldC);
        _reservoirC += (outlet - _reservoirC) * (1 - Math.Exp(-litres / d.ReservoirL));
        _supply.Push(d.SupplyL, litres, _reservoirC);
        var arriving = _supply.At(d.SupplyL, d.SupplyL);
        _sensorC += (arriving - _sensorC) * (1 - Math.Exp(-dt / d.SensorTauS));
        if (supplyC is { } measured)
            Compare(model, dt, measured, returnC, flowLMin, drive, ambientC, coldC, g, carried);
    }

    private void Start(double returnC, double supplyC, double drive)
    {
        for (var i = 0; i < Cells; i++)
            _cells[i] = returnC + (supplyC - returnC) * (i + 1) / Cells;
        _reservoirC = supplyC;
        _sensorC = supplyC;
        _supply.Push(1, 0, supplyC);
        _slowDrive = drive;
        _slowReturnC = returnC;
        Identity.Prepare();
        _started = true;
    }

    private double Exchange(LoopDesign d, double dt, double inletC, double carried, double g, double coldC)
    {
        var heat = (d.ExchangerL * d.CoolantJPerLK + d.CoreJPerK) / Cells;

        // Each cell is well mixed; this conductance makes the row of them obey the exponential law exactly.
        var perCell = Math.Max(g / Cells, carried * (Math.Exp(Math.Min(g / Cells / carried, 3)) - 1));
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
        LoopModel model, double dt, double measured, double returnC, double flowLMin, double drive, double ambientC, double coldC,
        double g, double carried)
    {
        // The filter is a volume, not a time: at half the flow the loop answers half as fast.
        var tau = 60 * FilterL / Math.Max(flowLMin, 1);
        ErrorK += (measured - _sensorC - ErrorK) * (1 - Math.Exp(-dt / tau));

        // How the prediction at the sensor would move with each parameter, delayed about as much as the coolant is.
        var round = 60 * (model.Design.ReservoirL + model.Design.SupplyL + 0.5 * model.Design.ExchangerL) / Math.Max(flowLMin, 1);
        var decay = Math.Exp(-g / carried);
        var toTheta = -(InletC - coldC) * g / carried * decay;
        var share = 1 - Math.Exp(-dt / (0.6 * round));
        _seen0 += (toTheta - _seen0) * share;
        _seen1 += (toTheta * LogDrive(drive) - _seen1) * share;
        _seen2 += ((1 - decay) * model.ColdStepK(coldC - ambientC, 1 + Identity.ColdShare) - _seen2) * share;
        _slowDrive += (drive - _slowDrive) * dt / 20;
        _slowReturnC += (returnC - _slowReturnC) * dt / 20;
        var still = Math.Abs(drive - _slowDrive) < 0.02 + 0.1 * drive && Math.Abs(returnC - _slowReturnC) < 0.5;
        _steadyS = still ? _steadyS + dt : 0;
        _sinceLearntS += dt;
        if (_sinceLearntS < LearnEveryS || flowLMin < 1)
            return;
        _sinceLearntS = 0;
        var doubt = _steadyS > 0.7 * round ? 0.2 : 0.6;
        var shift = Identity.Learn(ErrorK, _seen0, _seen1, _seen2, doubt * doubt * Math.Max(round / LearnEveryS, 1));

        // What was learnt explains this much of the error: move the coolant on its way along, so that nothing jumps.
        ErrorK -= shift;
        _sensorC += shift;
        _reservoirC += shift;
        _supply.Shift(shift);
    }

    [InlineArray(Cells)]
    private struct CellArray
    {
        private double _first;
    }
}
