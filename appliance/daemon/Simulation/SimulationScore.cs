using Appliance.Model;
using Appliance.Thermal;
using Appliance.Twin;

namespace Appliance.Daemon.Simulation;

/// <summary>Keeps the score of a run from the plant's truth. Knows nothing of how the controller decides.</summary>
internal sealed class SimulationScore
{
    private readonly Scenario _scenario;
    private readonly Board _board;
    private readonly BoxTwin _twin;
    private readonly ISimulatedControl _control;
    private readonly SimulationSummary _summary;
    private readonly double _setpointC;
    private readonly double? _lastStepS;
    private readonly HashSet<(ConditionCode, TargetKind, int)> _standing = [];
    private readonly HashSet<(ConditionCode, TargetKind, int)> _seen = [];
    private readonly double[] _limitW;
    private readonly bool[] _lowestClock;
    private double _outsideSinceS;
    private double _steadySum;
    private long _steadyTicks;
    private double _faultUntilS = double.NegativeInfinity;
    private bool _inBand;
    private bool _parked;
    private bool _off;
    private ThermalMode _mode = ThermalMode.Running;

    public SimulationScore(Scenario scenario, Board board, BoxTwin twin, ISimulatedControl control)
    {
        (_scenario, _board, _twin, _control) = (scenario, board, twin, control);
        _setpointC = board.SetpointC;
        _limitW = new double[board.Gpus.Count];
        Array.Fill(_limitW, board.Gpus.MaxW);
        _lowestClock = new bool[board.Gpus.Count];
        _summary = new()
        {
            Name = scenario.Name,
            DurationS = scenario.DurationS,
            MarginMinK = double.PositiveInfinity,
            PeakSupplyC = double.NegativeInfinity,
            GpuPeakC = double.NegativeInfinity,
        };
        double? last = 0;
        foreach (var series in scenario.GpuPowerW)
            last = series.LastChangeS is { } change && last is { } before ? Math.Max(before, change) : null;
        _lastStepS = last;
        _outsideSinceS = last ?? 0;
    }

    public void Tick(double t, double dt)
    {
        var truth = _twin.Truth;
        Temperatures(t, dt, truth);
        _summary.FanEnergyWh += truth.FanW * dt / 3600;
        _summary.PumpEnergyWh += truth.PumpW * dt / 3600;
        _summary.GpuEnergyWithheldWh += truth.WithheldW * dt / 3600;
        if (_twin.Faults.Count > 0)
            _faultUntilS = t + 60;
        if (t > _scenario.DurationS - Math.Min(300, _scenario.DurationS / 4) && _control.ControlledC is { } voted)
        {
            _steadySum += Math.Abs(voted - _setpointC);
            _steadyTicks++;
        }

        Conditions(t);
        Actions(t);
    }

    public SimulationSummary Finish(double realTimeFactor)
    {
        var truth = _twin.Truth;
        _summary.RealTimeFactor = realTimeFactor;
        _summary.SteadyErrorK = _steadyTicks > 0 ? _steadySum / _steadyTicks : null;
        _summary.SettleS = _lastStepS is { } step && _scenario.DurationS - _outsideSinceS > 30 ? Math.Max(0, _outsideSinceS - step) : null;
        _summary.SafeState = _summary.SelfThrottledS == 0 && truth.DieC.Max() <= _board.Gpus.ThrottleC
            && (truth.SupplyC <= _setpointC + _board.BandK || !truth.GpusPowered);
        var hottest = _twin.AmbientC;
        _twin.AmbientC = _scenario.AmbientC.Max;
        var most = Math.Min(_scenario.GpuPowerW.Max(s => s.Max), _board.Gpus.MaxW);
        _summary.Feasible = _twin.FlatOutSupplyC(most) <= _setpointC && _twin.HottestDieC(_setpointC, most) <= _board.Gpus.ThrottleC - 3;
        _twin.AmbientC = hottest;
        return _summary;
    }

    private void Temperatures(double t, double dt, TwinTruth truth)
    {
        var supply = truth.SupplyC;
        _summary.PeakSupplyC = Math.Max(_summary.PeakSupplyC, supply);
        _inBand |= Math.Abs(supply - _setpointC) <= _board.BandK;
        if (_inBand)
            _summary.MinSupplyCAfterWarmup = Math.Min(_summary.MinSupplyCAfterWarmup ?? supply, supply);
        if (supply > 40)
            _summary.SecondsOver40C += dt;
        if (supply < 36)
            _summary.SecondsUnder36C += dt;
        if (Math.Abs(supply - _setpointC) > 0.5 && (_lastStepS is not { } step || t >= step))
            _outsideSinceS = t;
        double hottest = 0;
        var throttled = false;
        for (var i = 0; i < truth.DieC.Length; i++)
        {
            hottest = Math.Max(hottest, truth.DieC[i]);
            throttled |= truth.SelfThrottled[i];
        }

        _summary.GpuPeakC = Math.Max(_summary.GpuPeakC, hottest);
        _summary.MarginMinK = Math.Min(_summary.MarginMinK, _board.Gpus.ThrottleC - hottest);
        if (throttled)
            _summary.SelfThrottledS += dt;
    }

    private void Conditions(double t)
    {
        ref readonly var conditions = ref _control.Conditions;
        if (conditions.Count == 0 && _standing.Count == 0)
            return;
        _seen.Clear();
        for (var i = 0; i < conditions.Count; i++)
        {
            var c = conditions[i];
            var key = (c.Code, c.Kind, c.Index);
            _seen.Add(key);
            if (_standing.Add(key) && _summary.Alarms.Count < 1000)
                _summary.Alarms.Add(new(Math.Round(t, 1), c.Name, c.Target(_board)));
        }

        _standing.IntersectWith(_seen);
    }

    private void Actions(double t)
    {
        if (_control.Mode != _mode)
            Act(t, $"mode_{_control.Mode.ToString().ToLowerInvariant()}", "loop", null);
        _mode = _control.Mode;
        if (_control.Parked != _parked)
            Trip(t, _control.Parked ? "park_engine" : "resume_engine", _control.Parked);
        _parked = _control.Parked;
        if (_control.ShutDown != _off)
            Trip(t, _control.ShutDown ? "power_off" : "power_released", _control.ShutDown);
        _off = _control.ShutDown;
        for (var i = 0; i < _limitW.Length; i++)
        {
            var gpu = _twin.Gpu(i);
            if (gpu.LowestClock != _lowestClock[i])
                Act(t, "gpu_lowest_clock", $"gpu{i}", gpu.LowestClock ? 1 : 0);
            _lowestClock[i] = gpu.LowestClock;
            var limit = gpu.PowerLimitW;
            if (Math.Abs(limit - _limitW[i]) < 25 && !(limit >= _board.Gpus.MaxW && _limitW[i] < _board.Gpus.MaxW))
                continue;
            _limitW[i] = limit;
            Act(t, "gpu_limit_w", $"gpu{i}", Math.Round(limit));
        }
    }

    private void Trip(double t, string action, bool on)
    {
        Act(t, action, "box", on ? 1 : 0);
        if (on && t > _faultUntilS)
            _summary.NuisanceTrips++;
    }

    private void Act(double t, string action, string target, double? value)
    {
        if (_summary.Actions.Count < 1000)
            _summary.Actions.Add(new(Math.Round(t, 1), action, target, value));
    }
}
