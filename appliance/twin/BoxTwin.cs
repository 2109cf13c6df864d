using Appliance.Model;

namespace Appliance.Twin;

/// <summary>
/// The box as physics. Software writes duties, limits and lines into it and reads what sensors, tachometers and the GPU driver
/// would show; the world sets room air and what the GPUs want to draw. Virtual time, one seed, no clock, no threads.
/// Theory, glossary and the sources of every number: README.md beside this file.
/// </summary>
public sealed partial class BoxTwin
{
    /// <summary>Longest step the physics takes at once; longer ones are cut.</summary>
    public static readonly TimeSpan MaxStep = TimeSpan.FromSeconds(0.1);

    /// <summary>What the driver says while the power brake is pulled: hardware slowdown, and that it is the brake.</summary>
    public const long BrakeReasons = 0x08 | 0x80;

    /// <summary>A braked GPU halves its clocks; half of its limit is what is left of its power.</summary>
    private const double BrakedShare = 0.5;

    /// <summary>What an H100 answers.</summary>
    private const double LowestMhz = 345;

    private readonly Board _board;
    private readonly bool _liquid;
    private readonly double[] _wantedW;
    private readonly double[] _memoryPercent;
    private readonly double[] _limitW;
    private readonly bool[] _lowestClock;
    private readonly bool[] _driven;
    private readonly bool[] _wet;
    private readonly bool[] _slotOpen;
    private readonly RotorBank _fans;
    private readonly RotorBank _pumps;
    private readonly GpuBank _gpus;
    private readonly SensorBank _sensors;
    private readonly AirPath _air;
    private readonly Hydraulics _hydraulics;
    private readonly Pipe _supplyPipe;
    private readonly Pipe _returnPipe;
    private readonly HeatExchanger _exchanger;
    private readonly double _reservoirL;
    private NoiseSource _noise;
    private double _reservoirC;
    private double _returnC;
    private double _nowS;
    private double _valve = 1;
    private byte _valvePwm = 255;
    private double _valveWrittenS;
    private readonly bool _closed;
    private double _cabinetC;
    private readonly bool _hasBypass;
    private double _bypass;
    private byte _bypassPwm = 255;
    private double _bypassWrittenS;
    private double _lastFlow;
    private double _lastPlates = -1;
    private double _lastWeak;
    private readonly double[] _lastPumpSpeed;

    public BoxTwin(TwinOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _board = options.Board;
        _liquid = (options.Cooling ?? _board.Cooling) == "liquid-to-liquid";
        _closed = _board.Sensors.Any(s => s.Group == "cabinet_inlet");
        _cabinetC = options.AmbientC;
        _dehumidifier = LineOf("dehumidifier");
        _humidifier = LineOf("humidifier");
        _hasBypass = !_liquid && _board.Valves.Any(v => v.Kind == "bypass");
        Parameters = options.Parameters ?? PlantParameters.Draw(options.Seed, options.Spread);
        _noise = new((ulong)(uint)options.Seed * 0x9e3779b97f4a7c15 + 1);
        AmbientC = options.AmbientC;
        RoomHumidityPercent = options.RoomHumidityPercent;
        var gpus = _board.Gpus.Count;
        _wantedW = new double[gpus];
        _memoryPercent = new double[gpus];
        _limitW = new double[gpus];
        _lowestClock = new bool[gpus];
        Array.Fill(_wantedW, options.GpuW);
        Array.Fill(_limitW, _board.Gpus.MaxW);
        _driven = new bool[_board.Lines.Count];
        _lineFault = new LineFault[_board.Lines.Count];
        ReleaseLines();
        _wet = new bool[_board.Lines.Count];
        _slotOpen = new bool[_board.Fans.Count];
        var p = Parameters;
        _gpus = new(p, gpus, _board.Gpus.ThrottleC, _board.Gpus.MaxW, ref _noise, options.Spread);
        _sensors = new(_board, p, ref _noise, options.Spread);
        _air = new(p, _board.Fans.Count);
        _hydraulics = new(p, _board.Pumps.Count);
        _lastPumpSpeed = new double[_board.Pumps.Count];
        var setpoint = options.StartSupplyC ?? _board.SetpointC;
        var start = Steady(options.GpuW, setpoint);
        _fans = new([.. _board.Fans.Select(f => (f.Chip, f.MaxRpm, f.MaxW))], p.FanTauS, Duty.OfFraction(start.Fan).Pwm);
        _pumps = new([.. _board.Pumps.Select(f => (f.Chip, f.MaxRpm, f.MaxW))], p.PumpTauS, Duty.OfFraction(StartPump).Pwm);
        _supplyPipe = new(p.SupplyL, start.SupplyC);
        _returnPipe = new(p.ReturnL, start.ReturnC);
        _exchanger = new(_liquid ? p.ExchangerL : p.RadiatorL, p.CoreJPerK, p.CoolantJPerLK, start.SupplyC);
        _exchanger.Fill(start.ReturnC, start.SupplyC, start.ColdC);
        _reservoirL = p.ReservoirL;
        _reservoirC = start.SupplyC;
        _returnC = start.ReturnC;
        _valve = start.Fan;
        _valvePwm = Duty.OfFraction(start.Fan).Pwm;
        Truth = new(gpus) { LevelPercent = 100 };
        Array.Fill(_gpus.PowerW, options.GpuW);
        _gpus.Settle(start.SupplyC, start.FlowLMin / gpus, _memoryPercent);
        _sensors.Settle(SensorTruthNow(start.SupplyC, start.FlowLMin, 0));
        Apply();
        Advance(0);
    }

    /// <summary>Virtual time since the start.</summary>
    public TimeSpan Now => TimeSpan.FromSeconds(_nowS);

    public TwinTruth Truth { get; }

    public PlantParameters Parameters { get; }

    // ---- the world

    public double AmbientC { get; set; }

    /// <summary>What the room has by itself; a (de)humidifier of the board adds to that or takes from it (<see cref="TwinTruth.RoomRhPercent"/>).</summary>
    public double RoomHumidityPercent { get; set; }

    /// <summary>What this GPU's work would draw if nothing limited it, W.</summary>
    public void WantPower(int gpu, double watts) => _wantedW[gpu] = watts;

    /// <summary>Memory controller activity, percent: heats the HBM beyond what power alone says.</summary>
    public void WantMemoryActivity(int gpu, double percent) => _memoryPercent[gpu] = percent;

    /// <summary>True: no worker runs, the GPUs draw what idle GPUs draw.</summary>
    public bool EngineParked { get; set; }

    /// <summary>False switches the chips' own watchdogs off (they are on: 5 s without a write, then full speed).</summary>
    public bool ChipWatchdog { get; set; } = true;

    /// <summary>Takes the GPUs' supply away.</summary>
    public void PowerOff() => Truth.GpusPowered = false;

    public void PowerOn() => Truth.GpusPowered = true;

    public void Step(TimeSpan dt)
    {
        var left = dt.TotalSeconds;
        while (left > 1e-9)
        {
            var part = Math.Min(left, MaxStep.TotalSeconds);
            Advance(part);
            left -= part;
        }
    }

    private void Advance(double dt)
    {
        _nowS += dt;
        AdvanceFaults(dt);
        AdvanceRoom(dt);
        _fans.Step(dt, _nowS, ref _noise, ChipWatchdog);
        _pumps.Step(dt, _nowS, ref _noise, ChipWatchdog);
        var flow = FlowLMin(out var openShare, out var scatter);
        var supply = _supplyPipe.OutC;
        var heat = AdvanceGpus(dt, supply, flow, openShare);
        var litres = flow / 60 * dt;
        var carried = flow / 60 * Parameters.CoolantJPerLK;
        if (flow > 0.01)
            _returnC = supply + heat / carried;
        var atExchanger = _returnPipe.Push(litres, _returnC);
        var (g, coldC, air) = ColdSide(dt);
        var past = AdvanceBypass(dt);
        var afterExchanger = past * atExchanger + (1 - past) * _exchanger.Step(dt, flow / 60 * (1 - past), atExchanger, g, coldC);
        var volume = Math.Max(_reservoirL * Truth.LevelPercent / 100, 0.1);
        _reservoirC += (afterExchanger - _reservoirC) * (1 - Math.Exp(-litres / volume));
        _supplyPipe.Push(litres, _reservoirC);
        Truth.SupplyC = _supplyPipe.OutC;
        Truth.ReturnC = _returnC;
        Truth.FlowLMin = flow;
        Truth.AirFlowM3S = air;
        Truth.RadiatorInletC = coldC;
        Truth.HeatW = heat;
        Truth.RejectedW = _exchanger.RejectedW;
        Truth.FanW = _fans.PowerW;
        Truth.PumpW = _pumps.PowerW;
        Truth.RoomDewPointC = HumidAir.DewPointC(AmbientC, RoomRhPercent);
        Truth.RoomRhPercent = RoomRhPercent;
        Truth.Dehumidifies = Runs(_dehumidifier);
        Truth.Humidifies = Runs(_humidifier);
        Truth.CoolestSurfaceC = _liquid
            ? Math.Min(Truth.SupplyC, Parameters.FacilityC + 1)
            : Math.Min(Truth.SupplyC, _exchanger.OutC);
        _sensors.Step(Math.Max(dt, 1e-6), SensorTruthNow(Truth.SupplyC, flow, scatter), ref _noise, _busStuck || _telemetryLost);
    }

    /// <summary>Share of the coolant that goes past the radiator. Full duty is shut: so is it without writes for five seconds.</summary>
    private double AdvanceBypass(double dt)
    {
        if (!_hasBypass)
            return 0;
        if (ChipWatchdog && _nowS - _bypassWrittenS > 5)
            _bypassPwm = 255;
        if (!_bypassStuck)
            _bypass += (1 - _bypassPwm / 255.0 - _bypass) * (1 - Math.Exp(-dt / Parameters.BypassTauS));
        return Parameters.BypassShare * _bypass;
    }

    private double AdvanceGpus(double dt, double supply, double flow, double openShare)
    {
        var most = Brake(flow) ? BrakedShare * _board.Gpus.MaxW : double.MaxValue;
        double withheld = 0;
        for (var i = 0; i < _wantedW.Length; i++)
        {
            var wanted = Math.Max(_wantedW[i], 0);
            var allowed = EngineParked ? Math.Min(wanted, Parameters.IdleW) : wanted;
            allowed = Math.Min(allowed, Math.Max(_limitW[i], Parameters.IdleW));
            if (_lowestClock[i])
                allowed = Math.Min(allowed, Parameters.LowestClockW);
            if (!Truth.GpusPowered)
                allowed = 0;
            withheld += wanted - allowed;
            allowed = Math.Min(allowed, most);
            var drawn = _gpus.SelfLimited(i, allowed, dt);
            _gpus.PowerW[i] = _gpus.Dead[i] ? 0 : _gpuLost[i] ? Math.Min(drawn, LostGpuW) : drawn;
            Truth.SelfThrottled[i] = drawn < allowed - 1 && !_gpuLost[i];
            Truth.GpuW[i] = _gpus.PowerW[i];
        }

        Truth.WithheldW = withheld;
        var heat = _gpus.Step(Math.Max(dt, 1e-6), supply, flow / _wantedW.Length, openShare, _memoryPercent);
        _gpus.DieC.CopyTo(Truth.DieC, 0);
        _gpus.MemoryC.CopyTo(Truth.MemoryC, 0);
        _gpus.PlateC.CopyTo(Truth.PlateC, 0);
        return heat;
    }

    private double FlowLMin(out double openShare, out double scatter)
    {
        double sum = 0;
        foreach (var share in _gpus.FlowShare)
            sum += share;
        openShare = Math.Max(sum / _gpus.FlowShare.Length, 1e-3);
        var weak = (1 - _airInLoop) * Math.Clamp((Truth.LevelPercent - 5) / 15, 0, 1);
        scatter = _airInLoop > 0 || weak < 0.99 ? 0.4 : 0;
        for (var i = 0; i < _cavitating.Length; i++)
        {
            if (!_cavitating[i])
                continue;
            _pumps.Moving[i] *= 0.75 + 0.1 * _noise.Symmetric();
            scatter = 0.6;
        }

        if (ValveClosed || sum < 1e-6)
            return 0;
        var moved = Math.Abs(openShare - _lastPlates) + Math.Abs(weak - _lastWeak);
        for (var i = 0; i < _lastPumpSpeed.Length; i++)
            moved += Math.Abs(_pumps.Moving[i] - _lastPumpSpeed[i]);
        if (moved < 2e-4)
            return _lastFlow;
        _pumps.Moving.CopyTo(_lastPumpSpeed, 0);
        _lastPlates = openShare;
        _lastWeak = weak;
        return _lastFlow = _hydraulics.FlowLMin(_pumps.Moving, openShare, weak);
    }

    /// <summary>Conductance to the cold fluid's inlet, that inlet's temperature and the air through the box.</summary>
    private (double G, double ColdC, double Air) ColdSide(double dt)
    {
        var air = _air.Flow(_fans.Moving, _slotOpen);
        var airW = Math.Max(air, 0.004) * Parameters.AirJPerM3K;
        double gpus = 0;
        foreach (var watts in _gpus.PowerW)
            gpus += watts;
        var heat = Parameters.AirSideIdleW + Parameters.AirSidePerW * gpus;
        var preheat = Math.Min(heat / airW, 60);
        Truth.CabinetInletC = CabinetInletC(dt, heat, airW);
        Truth.AirSideC = Truth.CabinetInletC + preheat;
        if (!_liquid)
        {
            var ua = Parameters.RadiatorWPerK * (1 - _fouling)
                * Math.Pow(Math.Max(air, 0.004) / Parameters.AirM3S, Parameters.RadiatorExponent);
            return (airW * (1 - Math.Exp(-ua / airW)), Truth.AirSideC, air);
        }

        if (ChipWatchdog && _nowS - _valveWrittenS > 5)
            _valvePwm = 255;
        if (!_valveStuck)
            _valve += (_valvePwm / 255.0 - _valve) * (1 - Math.Exp(-dt / Parameters.ValveTauS));
        var cold = _facilityLost ? 0 : Math.Max(_valve, 0.001) * Parameters.FacilityWPerK;
        var exchanger = Parameters.ExchangerWPerK * (1 - _fouling) * Math.Sqrt(Math.Max(_valve, 0.001));
        return (cold > 0 ? cold * (1 - Math.Exp(-exchanger / cold)) : 0, Parameters.FacilityC, air);
    }

    /// <summary>Room air, and in a closed cabinet what comes round of the node's own exhaust: inlet = room + r/(1 − r)·heat/air, with the cabinet's lag.</summary>
    private double CabinetInletC(double dt, double heatW, double airW)
    {
        var room = AmbientC + _ambientJump;
        if (!_closed)
            return room;
        var exhaustW = heatW + (_liquid ? 0 : _exchanger.RejectedW);
        var settled = room + Math.Min(Parameters.Recirculation / (1 - Parameters.Recirculation) * exhaustW / airW, 60);
        return _cabinetC += (settled - _cabinetC) * (1 - Math.Exp(-dt / Parameters.CabinetTauS));
    }

    private SensorTruth SensorTruthNow(double supplyC, double flow, double scatter) => new(
        supplyC, _returnC, flow, scatter, AmbientC + _ambientJump,
        Math.Clamp(RoomRhPercent, 0, 100), Truth?.LevelPercent ?? 100, Parameters.FacilityC,
        _facilityLost ? 0 : _valve * Parameters.FacilityLMin, _closed ? _cabinetC : AmbientC + _ambientJump);
}
