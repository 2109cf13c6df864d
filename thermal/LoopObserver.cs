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
    private const int Slugs = 8;
    private const double LearnEveryS = 5;
    private const double ReferenceDrive = 0.5;
    private const double FilterL = 1.6;
    private const double SurpriseTauS = 3;
    private const double SurpriseNoiseK = 0.1;
    private const double SurpriseAtK = 0.2;

    /// <summary>Coolant remembered beyond the designed volume, for pipes that turn out longer.</summary>
    private const double SpareL = 1.2;
    private VolumePipe _return;
    private VolumePipe _supply;
    private CellArray _cells;
    private double _reservoirC;
    private double _sensorC;
    private double _flowLMin;
    private double _steadyS;
    private double _surpriseK;
    private double _errorAheadK;
    private double _sinceLearntS;
    private double _slowDrive;
    private double _slowReturnC;
    private double _lastInletC;
    private SeenArray _seen;
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

    /// <summary>Coolant that leaves the exchanger now, °C.</summary>
    public double OutletC { readonly get; private set; }

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
        var behind = d.ReturnL + Identity.DeadL + ahead * d.ExchangerL - _flowLMin / 60 * seconds;
        return _return.At(d.ReturnL + d.ExchangerL + SpareL, Math.Max(behind, 0));
    }

    /// <summary>
    /// Hottest supply that what is in exchanger and return pipe now will lead to at this drive and flow, °C: the slugs one after another
    /// through the exchanger into the reservoir. Known a minute before any sensor sees it.
    /// </summary>
    /// <param name="flowShare">Flow the pumps are on their way to, against the present one.</param>
    public readonly double PeakAheadC(LoopModel model, double flowShare, double drive, double coldC)
    {
        var d = model.Design;
        var perCarried = Theta(drive) * model.Conductance(drive) / model.Carried(_flowLMin * flowShare);
        var reservoir = _reservoirC;
        var peak = Math.Max(reservoir, _sensorC);
        var slug = Mixed((d.ExchangerL + d.CoreJPerK / d.CoolantJPerLK) / Cells / d.ReservoirL);
        for (var i = Cells - 1; i >= 0; i--)
        {
            var outlet = coldC + (_cells[i] - coldC) * Math.Exp(-perCarried * (Cells - 0.5 - i) / Cells);
            reservoir += (outlet - reservoir) * slug;
            peak = Math.Max(peak, reservoir);
        }

        var decay = Math.Exp(-perCarried);
        var whole = Math.Max(d.ReturnL + Identity.DeadL - _flowLMin / 60 * d.SensorTauS, 0.2);
        slug = Mixed(whole / Slugs / d.ReservoirL);
        for (var i = Slugs - 1; i >= 0; i--)
        {
            var outlet = coldC + (_return.At(d.ReturnL + d.ExchangerL + SpareL, whole * (i + 0.5) / Slugs) - coldC) * decay;
            reservoir += (outlet - reservoir) * slug;
            peak = Math.Max(peak, reservoir);
        }

        return peak + Math.Max(ErrorK, _errorAheadK);
    }

    private static double Mixed(double share) => share / (1 + 0.5 * share);

    public void Step(
        LoopModel model, double dt, double returnC, double flowLMin, double drive, double ambientC, double coldC, double? supplyC, double past, bool learn)
    {
        var d = model.Design;
        if (!_started)
            Start(returnC, supplyC ?? returnC, drive);
        _flowLMin = flowLMin;
        var litres = flowLMin / 60 * dt;
        var whole = d.ReturnL + d.ExchangerL + SpareL;
        _return.Push(whole, litres, returnC);

        // The sensor's own lag has delayed what it shows; look that much nearer the inlet.
        var inlet = _return.At(whole, Math.Max(d.ReturnL + Identity.DeadL - flowLMin / 60 * d.SensorTauS, 0));
        InletC = inlet;
        var carried = model.Carried(flowLMin) * (1 - past);
        var g = Theta(drive) * model.Conductance(drive);
        OutletC = Exchange(d, dt, inlet, carried, g, coldC);
        var outlet = past * inlet + (1 - past) * OutletC;
        _reservoirC += (outlet - _reservoirC) * (1 - Math.Exp(-litres / d.ReservoirL));
        _supply.Push(d.SupplyL, litres, _reservoirC);
        var arriving = _supply.At(d.SupplyL, d.SupplyL);
        _sensorC += (arriving - _sensorC) * (1 - Math.Exp(-dt / d.SensorTauS));
        if (supplyC is { } measured)
            Compare(model, dt, measured, returnC, flowLMin, drive, ambientC, coldC, g, carried, learn);
    }

    /// <summary>Forgets where the coolant is, not what was learnt of the box.</summary>
    public void Restart()
    {
        var known = Identity;
        this = default;
        Identity = known;
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
        _lastInletC = returnC;
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
        double g, double carried, bool learn)
    {
        // The filter is a volume, not a time: at half the flow the loop answers half as fast.
        var tau = 60 * FilterL / Math.Max(flowLMin, 1);
        var surprise = measured - _sensorC - ErrorK;
        ErrorK += surprise * (1 - Math.Exp(-dt / tau));

        // What has begun to come through the reservoir goes on coming: undo its mixing, as far as that stands out of the noise.
        _surpriseK += (surprise - _surpriseK) * Math.Min(1, dt / SurpriseTauS);
        _errorAheadK = ErrorK + Math.Max(0, _surpriseK - SurpriseNoiseK) * (1 + model.Design.ReservoirL / FilterL);
        Follow(model, dt, flowLMin, drive, ambientC, coldC, g, carried);
        var round = 60 * (model.Design.ReservoirL + model.Design.SupplyL + 0.5 * model.Design.ExchangerL) / Math.Max(flowLMin, 1);
        _slowDrive += (drive - _slowDrive) * dt / 20;
        _slowReturnC += (returnC - _slowReturnC) * dt / 20;
        var still = Math.Abs(drive - _slowDrive) < 0.02 + 0.1 * drive && Math.Abs(returnC - _slowReturnC) < 0.5;
        _steadyS = still ? _steadyS + dt : 0;
        _sinceLearntS += dt;
        if (_sinceLearntS < LearnEveryS || flowLMin < 1 || !learn)
            return;
        _sinceLearntS = 0;
        var doubt = _steadyS > 0.7 * round ? 0.2 : 0.6;
        LoopIdentity.Parameters h = default;
        for (var i = 0; i < LoopIdentity.Count; i++)
            h[i] = _seen[i].Sensor;
        var turns = Math.Max(round / LearnEveryS, 1);
        Correct(Identity.Learn(ErrorK, in h, doubt * doubt * turns, SurpriseAtK * SurpriseAtK * turns));
    }

    /// <summary>How the coolant at each place would move with each parameter.</summary>
    private void Follow(LoopModel model, double dt, double flowLMin, double drive, double ambientC, double coldC, double g, double carried)
    {
        var share = LoopSensitivity.Shares.Of(model.Design, flowLMin / 60 * dt, dt);
        var decay = Math.Exp(-g / carried);
        var toTheta = -(InletC - coldC) * g / carried * decay;

        // A litre more before the exchanger shows what came by that much earlier.
        var perLitre = flowLMin > 0.5 ? (_lastInletC - InletC) / (flowLMin / 60 * dt) : 0;
        _lastInletC = InletC;
        _seen[0].Step(toTheta, in share);
        _seen[1].Step(toTheta * LogDrive(drive), in share);
        _seen[2].Step((1 - decay) * model.ColdStepK(coldC - ambientC, 1 + Identity.ColdShare), in share);
        _seen[3].Step(perLitre * decay, in share);
    }

    /// <summary>What was learnt explains this much of the error: move the coolant on its way along, so that nothing jumps.</summary>
    private void Correct(in LoopIdentity.Parameters moved)
    {
        double sensor = 0, reservoir = 0;
        Span<double> pipe = stackalloc double[LoopSensitivity.PipeCells];
        for (var i = 0; i < LoopIdentity.Count; i++)
        {
            sensor += _seen[i].Sensor * moved[i];
            reservoir += _seen[i].Reservoir * moved[i];
            var along = _seen[i].Pipe;
            for (var k = 0; k < pipe.Length; k++)
                pipe[k] += along[k] * moved[i];
        }

        ErrorK -= sensor;
        _sensorC += sensor;
        _reservoirC += reservoir;
        _supply.Shift(pipe);
    }

    [InlineArray(Cells)]
    private struct CellArray
    {
        private double _first;
    }

    [InlineArray(LoopIdentity.Count)]
    private struct SeenArray
    {
        private LoopSensitivity _first;
    }
}
