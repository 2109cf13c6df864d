using Appliance.Model;

namespace Appliance.Twin;

/// <summary>What each sensor of the board shows: lag, bias, noise, quantum, and whatever is broken about it.</summary>
internal sealed class SensorBank
{
    private readonly IReadOnlyList<BoardSensor> _sensors;
    private readonly Kind[] _kind;
    private readonly double[] _tauS;
    private readonly double[] _bias;
    private readonly double[] _gain;
    private readonly double[] _noise;
    private readonly double[] _quantum;
    private readonly double[] _lagged;
    private readonly double[] _keep;
    private readonly double?[] _shown;
    private double _dt = -1;

    public SensorBank(Board board, PlantParameters p, ref NoiseSource noise, double spread)
    {
        _sensors = board.Sensors;
        var n = _sensors.Count;
        _kind = [.. _sensors.Select(s => KindOf(s.Group))];
        _tauS = new double[n];
        _bias = new double[n];
        _gain = new double[n];
        _noise = new double[n];
        _quantum = new double[n];
        _lagged = new double[n];
        _keep = new double[n];
        _shown = new double?[n];
        Fault = new SensorFault[n];
        var drawn = Math.Min(1, spread / 0.3);
        for (var i = 0; i < n; i++)
        {
            Fault[i] = SensorFault.None;
            _gain[i] = 1;
            (_tauS[i], _noise[i], _quantum[i]) = _kind[i] switch
            {
                Kind.Supply or Kind.Return or Kind.Ambient => (p.TemperatureTauS, p.TemperatureNoiseK, p.TemperatureQuantumK),
                Kind.Flow => (p.FlowTauS, p.FlowNoise * p.NominalLMin, 0.01),
                Kind.FacilitySupply or Kind.CabinetInlet => (p.TemperatureTauS, p.TemperatureNoiseK, p.TemperatureQuantumK),
                Kind.FacilityFlow => (p.FlowTauS, p.FlowNoise * p.FacilityLMin, 0.01),
                Kind.Humidity => (8, 0.2, 0.1),
                Kind.Level => (2, 0.1, 0.1),
                _ => (1, 0, 0.001),
            };
            if (_kind[i] is Kind.Supply or Kind.Return or Kind.Ambient or Kind.FacilitySupply or Kind.CabinetInlet)
                _bias[i] = p.TemperatureBiasK * drawn * noise.Symmetric();
            if (_kind[i] is Kind.Flow or Kind.FacilityFlow)
                _gain[i] = 1 + p.FlowGain * drawn * noise.Symmetric();
        }
    }

    internal enum Kind : byte
    {
        Supply,
        Return,
        Flow,
        Ambient,
        Humidity,
        Level,
        FacilitySupply,
        FacilityFlow,
        CabinetInlet,
        Other,
    }

    public SensorFault[] Fault { get; }

    public double? Shown(int i) => _shown[i];

    public void Settle(in SensorTruth truth)
    {
        for (var i = 0; i < _kind.Length; i++)
            _lagged[i] = Truth(i, truth);
        _dt = -1;
    }

    public void Step(double dtS, in SensorTruth truth, ref NoiseSource noise, bool busStuck)
    {
        if (dtS != _dt)
        {
            _dt = dtS;
            for (var i = 0; i < _tauS.Length; i++)
                _keep[i] = Math.Exp(-dtS / _tauS[i]);
        }

        for (var i = 0; i < _kind.Length; i++)
        {
            var source = Fault[i].SwappedWith ?? i;
            var target = Truth(source, truth);
            _lagged[i] = target + (_lagged[i] - target) * _keep[i];
            ref var fault = ref Fault[i];
            fault.Drifted += fault.DriftPerMin * dtS / 60;
            if (fault.Open || busStuck)
            {
                _shown[i] = null;
                continue;
            }

            if (fault.Frozen is { } frozen)
            {
                _shown[i] = frozen;
                continue;
            }

            var scatter = _noise[i] * (1 + fault.NoiseTimesMore);
            if (_kind[i] == Kind.Flow)
                scatter += truth.FlowScatter;
            var value = _lagged[i] * _gain[i] + _bias[i] + fault.Bias + fault.Drifted + scatter * noise.Normal();
            value = Math.Clamp(value, _sensors[i].Min - 1, _sensors[i].Max + 1);
            if (_kind[i] is Kind.Flow or Kind.FacilityFlow or Kind.Humidity or Kind.Level)
                value = Math.Clamp(value, 0, _sensors[i].Max);
            _shown[i] = Math.Round(value / _quantum[i]) * _quantum[i];
        }
    }

    private double Truth(int i, in SensorTruth t) => _kind[i] switch
    {
        Kind.Supply => t.SupplyC,
        Kind.Return => t.ReturnC,
        Kind.Flow => t.FlowLMin,
        Kind.Ambient => t.AmbientC,
        Kind.Humidity => t.HumidityPercent,
        Kind.Level => t.LevelPercent,
        Kind.FacilitySupply => t.FacilityC,
        Kind.FacilityFlow => t.FacilityLMin,
        Kind.CabinetInlet => t.CabinetInletC,
        _ => 0,
    };

    private static Kind KindOf(string group) => group switch
    {
        "coolant_supply" => Kind.Supply,
        "coolant_return" => Kind.Return,
        "flow" => Kind.Flow,
        "ambient" => Kind.Ambient,
        "cabinet_inlet" => Kind.CabinetInlet,
        "humidity" => Kind.Humidity,
        "level" => Kind.Level,
        "facility_supply" => Kind.FacilitySupply,
        "facility_flow" => Kind.FacilityFlow,
        _ => Kind.Other,
    };
}

/// <summary>What the sensors stand in.</summary>
internal readonly record struct SensorTruth(
    double SupplyC, double ReturnC, double FlowLMin, double FlowScatter, double AmbientC, double HumidityPercent, double LevelPercent,
    double FacilityC = 0, double FacilityLMin = 0, double CabinetInletC = 0);

/// <summary>What is broken on one sensor.</summary>
internal struct SensorFault
{
    public bool Open;
    public double? Frozen;
    public double Bias;
    public double DriftPerMin;
    public double Drifted;
    public double NoiseTimesMore;
    public int? SwappedWith;

    public static SensorFault None => default;
}
