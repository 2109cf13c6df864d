using Appliance.Model;
using Appliance.Thermal;
using FastTests.Tidy;

namespace FastTests.Thermal;

/// <summary>A quiet box at 38 °C as input, for examples that change one thing.</summary>
internal sealed class ThermalBench
{
    public static readonly Board Board = BoardOf("hgx-h100-8.json");

    private readonly Board _board;
    private readonly Random _random = new(5);
    private readonly Dictionary<string, double> _turns = [];
    private TimeSpan _lookedAt;

    public ThermalBench(ThermalCheckpoint? kept = null, double supplyC = 38, double returnC = 41, double gpuW = 70, Board? board = null)
    {
        _board = board ?? Board;
        Settings = ThermalSettings.From(_board, new());
        Input = new(_board);
        State = ThermalState.Boot(Settings, kept);
        (SupplyC, ReturnC, GpuW) = (supplyC, returnC, gpuW);
    }

    public static Board BoardOf(string file) => BoardFile.Parse(File.ReadAllBytes(Path.Combine(Repository.Root, "packaging/boards", file)), file);

    public ThermalSettings Settings { get; }

    public ThermalInput Input { get; }

    public ThermalState State { get; set; }

    public ThermalTick Last { get; private set; }

    public double SupplyC { get; set; }

    public double ReturnC { get; set; }

    public double GpuW { get; set; }

    /// <summary>Null: what the pumps give.</summary>
    public double? FlowLMin { get; set; }

    public TimeSpan Now { get; private set; }

    /// <summary>How long the drivers answer with one look at the tachometers, s.</summary>
    public double TachHoldS { get; set; }

    /// <summary>A rotor that does not turn.</summary>
    public string? Dead { get; set; }

    /// <summary>Changes the input after it was filled and before the tick.</summary>
    public Action<ThermalInput, TimeSpan>? Break { get; set; }

    public ThermalTick Run(double seconds)
    {
        for (var i = 0; i < seconds / 0.1 - 1e-6; i++)
            Tick();
        return Last;
    }

    public ThermalTick Tick()
    {
        Now += TimeSpan.FromSeconds(0.1);
        Fill();
        Break?.Invoke(Input, Now);
        Last = ThermalLoop.Step(State, Input, Settings, Now);
        State = Last.State;
        return Last;
    }

    private void Fill()
    {
        for (var i = 0; i < _board.Sensors.Count; i++)
        {
            var value = _board.Sensors[i].Group switch
            {
                "coolant_supply" => SupplyC + 0.05 * (_random.NextDouble() - 0.5),
                "coolant_return" => ReturnC + 0.05 * (_random.NextDouble() - 0.5),
                "flow" => Math.Max(0, (FlowLMin ?? Pumped()) + 0.02 * (_random.NextDouble() - 0.5)),
                "ambient" => 25 + 0.05 * (_random.NextDouble() - 0.5),
                "humidity" => 45,
                _ => 100,
            };
            Input.Sensors[i] = Reading<double>.Good(value, Now);
        }

        var look = _lookedAt == default || (Now - _lookedAt).TotalSeconds >= TachHoldS;
        _lookedAt = look ? Now : _lookedAt;
        for (var i = 0; i < _board.Fans.Count; i++)
            Rotor(ref Input.Fans[i], _board.Fans[i].Name, _board.Fans[i].MaxRpm, Last.Commands.Fans[i], look);
        for (var i = 0; i < _board.Pumps.Count; i++)
            Rotor(ref Input.Pumps[i], _board.Pumps[i].Name, _board.Pumps[i].MaxRpm, Last.Commands.Pumps[i], look);
        for (var i = 0; i < _board.Lines.Count; i++)
            Input.Lines[i] = Reading<bool>.Good(false, Now);
        for (var i = 0; i < _board.Gpus.Count; i++)
        {
            Input.Gpus[i] = new()
            {
                PowerW = Reading<double>.Good(GpuW, Now),
                TemperatureC = Reading<double>.Good(Math.Round(SupplyC + 0.054 * GpuW), Now),
                MarginK = Reading<double>.Good(87 - Math.Round(SupplyC + 0.054 * GpuW), Now),
                LimitW = Reading<double>.Good(Last.State.Estimator.At > TimeSpan.Zero ? Last.Commands.GpuLimitW[i] : 700, Now),
            };
        }
    }

    private double Pumped() => 11 * _board.Pumps.Average(pump => _turns.GetValueOrDefault(pump.Name, 0.3 * pump.MaxRpm) / pump.MaxRpm);

    private void Rotor(ref RotorInput input, string name, double maxRpm, Duty commanded, bool look)
    {
        var duty = Last.State.Estimator.At == TimeSpan.Zero ? Duty.OfPermille(300) : commanded;
        var seen = Duty.OfPwm(duty.Pwm);
        var full = seen.Fraction * maxRpm;
        var before = _turns.GetValueOrDefault(name, full);
        _turns[name] = Dead == name ? 0 : before + (full - before) * 0.1;
        input = new()
        {
            ReadBack = Reading<Duty>.Good(seen, Now),
            Rpm = Reading<double>.Good(look ? _turns[name] : input.Rpm.Value ?? full, Now),
            TachHoldS = TachHoldS,
        };
    }
}
