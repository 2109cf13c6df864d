using System.Text;
using Appliance.Model;
using Appliance.Thermal;
using Appliance.Twin;

namespace Appliance.Daemon.Simulation;

/// <summary>Plays a scenario in virtual time: no process, no port, no file but the ones asked for.</summary>
public sealed class SimulationRun
{
    internal const double TickS = 0.1;

    /// <summary>Virtual time before t = 0 in which the box stands at the first point of every series.</summary>
    public const double WarmUpS = 1200;
    private readonly Scenario _scenario;
    private readonly Board _board;
    private readonly ISimulatedControl _control;
    private readonly SimulatedHost _host;
    private readonly SimulationScore _score;
    private readonly Series _ambient;
    private readonly Series _humidity;
    private readonly Series[] _power;
    private readonly bool[] _injected;
    private readonly bool[] _cleared;
    private readonly StringBuilder? _csv;

    public SimulationRun(Scenario scenario, Board board, ISimulatedControl? control = null, bool csv = false)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(board);
        _scenario = scenario;
        _board = scenario.Cooling is { } cooling && cooling != board.Cooling ? board with { Cooling = cooling, Valves = [] } : board;
        _control = control ?? new ThermalControl(_board);
        _ambient = scenario.AmbientC.Copy();
        _humidity = scenario.RoomRhPercent.Copy();
        _power = [.. Enumerable.Range(0, board.Gpus.Count).Select(i => scenario.PowerOf(i).Copy())];
        _injected = new bool[scenario.Faults.Count];
        _cleared = new bool[scenario.Faults.Count];
        Twin = new(new()
        {
            Board = _board,
            Cooling = scenario.Cooling,
            Seed = scenario.Seed,
            Spread = scenario.Spread,
            AmbientC = _ambient.At(0),
            RoomHumidityPercent = _humidity.At(0),
            GpuW = _power.Average(p => p.At(0)),
        });
        _host = new(Twin, _control);
        _score = new(scenario, _board, Twin, _control);
        _csv = csv ? new(Header()) : null;
    }

    public BoxTwin Twin { get; }

    public ISimulatedControl Control => _control;

    /// <summary>The run as a table, one row a second; empty unless asked for.</summary>
    public string Csv => _csv?.ToString() ?? "";

    /// <summary>Called after every tick with the virtual time in seconds.</summary>
    public Action<double>? Observe { get; init; }

    /// <param name="time">Only measures how fast the run was.</param>
    public SimulationSummary Run(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        var started = time.GetTimestamp();
        var warm = (long)Math.Round(WarmUpS / TickS);
        var ticks = warm + (long)Math.Round(_scenario.DurationS / TickS);
        var step = TimeSpan.FromSeconds(TickS);
        for (long k = 1; k <= ticks; k++)
        {
            var t = (k - warm) * TickS;
            World(Math.Max(t, 0));
            if (t > 0)
                Faults(t);
            Twin.Step(step);
            _host.Tick(step * k);
            if (t <= 0)
                continue;
            _score.Tick(t, TickS);
            Observe?.Invoke(t);
            if (_csv is not null && Math.Abs(t - Math.Round(t)) < TickS / 2)
                Row(t);
        }

        var wall = time.GetElapsedTime(started).TotalSeconds;
        return _score.Finish((_scenario.DurationS + WarmUpS) / Math.Max(wall, 1e-9));
    }

    private void World(double t)
    {
        Twin.AmbientC = _ambient.At(t);
        Twin.RoomHumidityPercent = _humidity.At(t);
        for (var i = 0; i < _power.Length; i++)
            Twin.WantPower(i, _power[i].At(t));
    }

    private void Faults(double t)
    {
        for (var i = 0; i < _injected.Length; i++)
        {
            var fault = _scenario.Faults[i];
            if (!_injected[i] && t >= fault.AtS)
            {
                _injected[i] = true;
                Twin.Inject(fault.Fault);
                _host.Inject(fault.Fault.Kind);
            }

            if (!_cleared[i] && _injected[i] && fault.UntilS is { } until && t >= until)
            {
                _cleared[i] = true;
                Twin.Clear(fault.Fault.Kind, fault.Fault.Target);
                _host.Clear(fault.Fault.Kind);
            }
        }
    }

    private string Header()
    {
        var text = new StringBuilder("t_s,supply_c,return_c,flow_l_min,voted_c,ambient_c,heat_w,withheld_w,capacity_w,die_max_c,fan_w,pump_w,mode");
        foreach (var fan in _board.Fans)
            text.Append($",{fan.Name}_pwm,{fan.Name}_rpm");
        foreach (var pump in _board.Pumps)
            text.Append($",{pump.Name}_pwm,{pump.Name}_rpm");
        return text.Append('\n').ToString();
    }

    private void Row(double t)
    {
        var truth = Twin.Truth;
        _csv!.Append($"{t:0.#},{truth.SupplyC:0.000},{truth.ReturnC:0.000},{truth.FlowLMin:0.000},{_control.ControlledC:0.000},");
        _csv.Append($"{Twin.AmbientC:0.00},{truth.HeatW:0.0},{truth.WithheldW:0.0},{_control.CapacityW:0},{truth.DieC.Max():0.00},");
        _csv.Append($"{truth.FanW:0.00},{truth.PumpW:0.00},{_control.Mode}");
        for (var i = 0; i < _board.Fans.Count; i++)
            _csv.Append($",{Twin.Fan(i).Pwm},{Twin.Fan(i).Rpm:0}");
        for (var i = 0; i < _board.Pumps.Count; i++)
            _csv.Append($",{Twin.Pump(i).Pwm},{Twin.Pump(i).Rpm:0}");
        _csv.Append('\n');
    }
}
