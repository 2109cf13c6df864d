using Appliance.Model;
using Appliance.Thermal;
using Appliance.Twin;

namespace Appliance.Daemon.Simulation;

/// <summary>The product's own loop on a twin: the same estimator and controller as the daemon's, without files between them.</summary>
public sealed class ThermalControl : ISimulatedControl
{
    /// <summary>Parking goes over inference-core's socket and takes this long at worst, when its workers are killed.</summary>
    private const double ParkDelayS = 1;
    private const double ShutdownDelayS = 0.5;
    private readonly ThermalSettings _settings;
    private readonly ThermalInput _input;
    private readonly Board _board;
    private ThermalTick _tick;
    private ThermalCheckpoint? _kept;
    private double _keptAtS;
    private bool _booted;
    private double _parkSinceS = double.NaN;
    private double _offSinceS = double.NaN;

    public ThermalControl(Board board, DaemonConfig? config = null)
    {
        ArgumentNullException.ThrowIfNull(board);
        _board = board;
        _settings = ThermalSettings.From(board, config ?? new());
        _input = new(board);
    }

    public double? ControlledC => _tick.Estimate.ControlledC.Value;

    public ref readonly ConditionList Conditions => ref _tick.Commands.Conditions;

    public ThermalMode Mode => _tick.Commands.Mode;

    public double? CapacityW => _tick.Commands.CapacityW.Value;

    public bool Parked => _tick.Commands.ParkEngine;

    public bool ShutDown => _tick.Commands.Shutdown;

    public ref readonly ThermalTick Last => ref _tick;

    public ManualRequest? Manual
    {
        get => _input.Manual;
        set => _input.Manual = value;
    }

    public void ResetLatches() => _input.ResetLatches = true;

    public void Restart()
    {
        _booted = false;
        _parkSinceS = _offSinceS = double.NaN;
    }

    public void Tick(BoxTwin twin, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(twin);
        if (!_booted)
        {
            _tick = default;
            _tick.State = ThermalState.Boot(_settings, _kept);
            _booted = true;
        }

        Read(twin, now);
        _tick = ThermalLoop.Step(in _tick.State, _input, _settings, now);
        _input.ResetLatches = false;
        Write(twin, now.TotalSeconds);
        if (now.TotalSeconds - _keptAtS >= 10)
        {
            _kept = _tick.State.Checkpoint();
            _keptAtS = now.TotalSeconds;
        }
        else if (_tick.State.Latches != (_kept?.Latches ?? 0))
        {
            _kept = _tick.State.Checkpoint();
        }
    }

    private void Read(BoxTwin twin, TimeSpan now)
    {
        for (var i = 0; i < _input.Sensors.Length; i++)
            _input.Sensors[i] = Of(twin.Sensor(i), now);
        for (var i = 0; i < _input.Fans.Length; i++)
            Fill(ref _input.Fans[i], twin.Fan(i), now);
        for (var i = 0; i < _input.Pumps.Length; i++)
            Fill(ref _input.Pumps[i], twin.Pump(i), now);
        for (var i = 0; i < _input.Lines.Length; i++)
        {
            _input.Lines[i] = twin.Line(i) is { } level
                ? Reading<bool>.Good(level != _board.Lines[i].ActiveLow, now)
                : Reading<bool>.Absent;
        }

        for (var i = 0; i < _input.Gpus.Length; i++)
        {
            var gpu = twin.Gpu(i);
            ref var seen = ref _input.Gpus[i];
            seen = default;
            seen.Lost = gpu.Lost;
            if (gpu.Lost || gpu.Hung)
                continue;
            seen.PowerW = Reading<double>.Good(gpu.PowerW, now);
            seen.TemperatureC = Reading<double>.Good(gpu.TemperatureC, now);
            seen.MemoryTemperatureC = Reading<double>.Good(gpu.MemoryTemperatureC, now);
            seen.MarginK = Reading<double>.Good(gpu.MarginK, now);
            seen.LimitW = Reading<double>.Good(gpu.PowerLimitW, now);
        }
    }

    private void Write(BoxTwin twin, double nowS)
    {
        ref readonly var commands = ref _tick.Commands;
        for (var i = 0; i < _input.Fans.Length; i++)
        {
            // An enable that is not 1 is somebody else's or the chip's: take it back before the duty is written.
            if (twin.Fan(i).Enable != 1)
                twin.WriteFanEnable(i, 1);
            _input.Fans[i].WriteFailed = twin.WriteFan(i, commands.Fans[i].Pwm) != WriteResult.Ok;
        }

        for (var i = 0; i < _input.Pumps.Length; i++)
        {
            if (twin.Pump(i).Enable != 1)
                twin.WritePumpEnable(i, 1);
            _input.Pumps[i].WriteFailed = twin.WritePump(i, commands.Pumps[i].Pwm) != WriteResult.Ok;
        }

        twin.WriteFacilityValve(commands.FacilityValve.Pwm);
        twin.WriteBypassValve(commands.BypassValve.Pwm);
        for (var i = 0; i < _input.Gpus.Length; i++)
        {
            if (Math.Abs(twin.Gpu(i).PowerLimitW - commands.GpuLimitW[i]) > 0.5)
                _ = twin.WriteGpuLimit(i, commands.GpuLimitW[i]);
            if (twin.Gpu(i).LowestClock != commands.GpuLowestClock[i])
                _ = twin.WriteGpuClock(i, commands.GpuLowestClock[i]);
        }

        for (var i = 0; i < _input.Lines.Length; i++)
        {
            if (_board.Lines[i] is { Output: true, Kind: "valve" } line)
                twin.WriteLine(i, commands.CloseValve != line.ActiveLow);
            if (_board.Lines[i] is { SwitchesMoisture: true } device)
                twin.WriteLine(i, commands.Moisture(device) != device.ActiveLow);
        }

        _parkSinceS = !commands.ParkEngine ? double.NaN : double.IsNaN(_parkSinceS) ? nowS : _parkSinceS;
        twin.EngineParked = commands.ParkEngine && nowS - _parkSinceS >= ParkDelayS;
        _offSinceS = !commands.Shutdown ? double.NaN : double.IsNaN(_offSinceS) ? nowS : _offSinceS;
        if (commands.Shutdown && nowS - _offSinceS >= ShutdownDelayS)
            twin.PowerOff();
    }

    private static void Fill(ref RotorInput input, TwinRotor rotor, TimeSpan now)
    {
        input.Rpm = Of(rotor.Rpm, now);
        input.ReadBack = rotor.Pwm is { } pwm ? Reading<Duty>.Good(Duty.OfPwm(pwm), now) : Reading<Duty>.Absent;
    }

    private static Reading<double> Of(double? value, TimeSpan now) =>
        value is { } v ? Reading<double>.Good(v, now) : Reading<double>.Absent;
}
