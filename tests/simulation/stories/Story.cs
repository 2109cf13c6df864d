using System.Globalization;
using System.Text;
using Appliance.Daemon.Simulation;
using Appliance.Model;
using Appliance.Thermal;

namespace SimulationTests.Stories;

/// <summary>
/// A run of the box as a person at its console would tell it: which alarms came and when they went, what was done, every half minute where
/// everything stood and who drove it, and in the end what was learnt of the box.
/// </summary>
internal sealed class Story
{
    private const double EveryS = 30;
    private const int Flapping = 3;
    private readonly StringBuilder _text = new();
    private readonly Dictionary<(ConditionCode, TargetKind, int), Alarm> _alarms = [];
    private readonly SimulationRun _run;
    private readonly ThermalControl _control;
    private readonly Board _board;
    private readonly double[] _limitW;
    private ThermalMode _mode = ThermalMode.Running;
    private bool _parked;
    private bool _off;
    private bool _shut;
    private double _nextS;

    /// <param name="act">What a person at the box does, at every tick.</param>
    public Story(Scenario scenario, Board board, Action<double, ThermalControl>? act = null)
    {
        _board = board;
        _control = new(board);
        _limitW = new double[board.Gpus.Count];
        Array.Fill(_limitW, board.Gpus.MaxW);
        _run = new(scenario, board, _control)
        {
            Observe = t =>
            {
                Tell(t);
                act?.Invoke(t, _control);
            },
        };
    }

    public string Play()
    {
        var summary = _run.Run(TimeProvider.System);
        foreach (var alarm in _alarms.Values)
        {
            _text.Append(Line($"{alarm.FirstS:0.0} alarm {alarm.Text}"));
            if (alarm.Times <= Flapping)
                _text.Append(Line($"{alarm.FirstS:0.0} that stood {alarm.StoodS:0.0} s, raised {alarm.Times} times"));
        }

        _text.Append(Line($"end peak {summary.PeakSupplyC:0.00} withheld {summary.GpuEnergyWithheldWh:0.0} Wh fans {summary.FanEnergyWh:0.0} Wh pumps {summary.PumpEnergyWh:0.0} Wh die {summary.GpuPeakC:0.0}"));
        var kept = _control.Last.State.Checkpoint();
        _text.Append(Line($"learnt pumps {kept.PumpGain:0.000} exchanger {string.Join(' ', kept.Exchanger.Select(v => v.ToString("0.000", CultureInfo.InvariantCulture)))}"));
        _text.Append(Line($"plates {string.Join(' ', kept.GpuRho.Take(_board.Gpus.Count).Select(v => v.ToString("0.000", CultureInfo.InvariantCulture)))} latches {kept.LeakLatched} {kept.ShutdownLatched}"));
        return _text.ToString();
    }

    private void Tell(double t)
    {
        ref readonly var tick = ref _control.Last;
        Alarms(t, in tick.Commands.Conditions);
        Actions(t, in tick.Commands);
        if (t < _nextS)
            return;
        _nextS = t + EveryS - 1e-6;
        ref readonly var c = ref tick.Commands;
        ref readonly var e = ref tick.Estimate;
        _text.Append(Line($"{t:0.0} supply {e.SupplyC.Value:0.00} return {e.ReturnC.Value:0.00} flow {e.FlowLMin.Value:0.00} hottest {e.HottestGpuC.Value:0} heat {e.HeatW:0} carried {e.CoolantHeatW.Value:0} held {e.ControlledC.Value:0.00} cold {e.ColdC:0.0} dew {e.DewPointC.Value:0.0} alive {e.FansAlive} {e.PumpsAlive} leak {e.Leak} flow {e.Flow}"));
        _text.Append(Line($"{t:0.0} fan1 {Percent(c.Fans[0])} {c.FanReasons[0]}; fan3 {Percent(c.Fans[2])} {c.FanReasons[2]}; pump1 {Percent(c.Pumps[0])} {c.PumpReasons[0]}; pump2 {Percent(c.Pumps[1])} {c.PumpReasons[1]}"));
        foreach (var valve in _board.Valves)
            _text.Append(Line($"{t:0.0} {valve.Kind} valve {Percent(c.Valve(valve))} {c.ValveReasonOf(valve)}"));
        _text.Append(Line($"{t:0.0} gpu0 {c.GpuLimitW[0]:0} W {c.GpuReasons[0]}; gpu3 {c.GpuLimitW[3]:0} W {c.GpuReasons[3]}; withheld {c.WithheldW:0} W of {c.CapacityW.Value:0} W {c.Mode}"));
    }

    private void Alarms(double t, in ConditionList conditions)
    {
        for (var i = 0; i < conditions.Count; i++)
        {
            var c = conditions[i];
            var key = (c.Code, c.Kind, c.Index);
            if (!_alarms.TryGetValue(key, out var alarm))
                _alarms[key] = alarm = new(t, $"{c.Name} {c.Text(_board)}");
            if (t - alarm.LastS > 0.15)
                alarm.Times++;
            alarm.LastS = t;
            alarm.StoodS += 0.1;
        }
    }

    private void Actions(double t, in ThermalCommands c)
    {
        if (c.Mode != _mode && c.Mode is not (ThermalMode.Overheat or ThermalMode.Running))
            _text.Append(Line($"{t:0.0} mode {c.Mode}"));
        _mode = c.Mode;
        if (c.ParkEngine != _parked)
            _text.Append(Line($"{t:0.0} {(c.ParkEngine ? "parks" : "resumes")} the engine: {c.ParkReason}"));
        _parked = c.ParkEngine;
        if (c.Shutdown != _off)
            _text.Append(Line($"{t:0.0} {(c.Shutdown ? "switches off" : "may be switched on")}: {c.ShutdownReason}"));
        _off = c.Shutdown;
        if (c.CloseValve != _shut)
            _text.Append(Line($"{t:0.0} {(c.CloseValve ? "shuts" : "opens")} the loop: {c.ValveReason}"));
        _shut = c.CloseValve;
        for (var i = 0; i < _limitW.Length; i++)
        {
            var lowest = c.GpuLimitW[i] <= _board.Gpus.MinLimitW && _limitW[i] > _board.Gpus.MinLimitW;
            var released = c.GpuLimitW[i] >= _board.Gpus.MaxW && _limitW[i] < _board.Gpus.MaxW - 100;
            if (lowest || released)
                _text.Append(Line($"{t:0.0} gpu{i} {(lowest ? "to its lowest limit" : "has all its power again")}: {c.GpuReasons[i]}"));
            _limitW[i] = c.GpuLimitW[i];
        }
    }

    private static string Line(FormattableString line) => line.ToString(CultureInfo.InvariantCulture) + "\n";

    private static string Percent(Duty duty) => $"{duty.Fraction * 100:0.0} %";

    private sealed class Alarm(double firstS, string text)
    {
        public double FirstS { get; } = firstS;

        public string Text { get; } = text;

        public double LastS { get; set; } = double.NegativeInfinity;

        public double StoodS { get; set; }

        public int Times { get; set; }
    }
}
