using Appliance.Hardware;
using Appliance.Model;
using Appliance.Thermal;

namespace Appliance.Daemon.Loop;

/// <summary>
/// One tick of the cooling loop: read, estimate, step, apply, read back, publish. Owns the controller's state; used by one thread.
/// Nothing is allocated once warm.
/// </summary>
internal sealed class Ticker
{
    private readonly BoxHardware _hardware;
    private readonly LatestTick _latest;
    private readonly LoopRequests _requests;
    private readonly HardwareSample _sample;
    private readonly ThermalInput _input;
    private readonly TickRecord _record;
    private ThermalSettings _settings;
    private ThermalState _state;
    private TimeSpan _lastAt;
    private bool _valveClosed;

    public Ticker(BoxHardware hardware, ThermalSettings settings, ThermalState initial, LatestTick latest, LoopRequests requests)
    {
        _hardware = hardware;
        _settings = settings;
        _state = initial;
        _latest = latest;
        _requests = requests;
        _sample = new(hardware.Board);
        _input = new(hardware.Board);
        _record = new(hardware.Board);
    }

    /// <summary>Does one tick at <paramref name="moment"/>.</summary>
    public void Tick(Moment moment, double latenessMs)
    {
        var now = moment.Uptime;
        _hardware.Read(_sample, now);
        FillInput();
        TakeRequests();
        var tick = ThermalLoop.Step(_state, _input, _settings, now);
        _state = tick.State;
        Apply(ref tick.Commands, now);
        Publish(ref tick, moment, latenessMs);
        _requests.Offer(tick.Commands);
    }

    /// <summary>What the loop's edge does when a tick broke: full drive by the same rotors, read back; (de)humidifiers off.</summary>
    public void WriteFull()
    {
        foreach (var fan in _hardware.Fans)
            _ = fan.WriteFull();
        foreach (var pump in _hardware.Pumps)
            _ = pump.WriteFull();
        foreach (var valve in _hardware.Valves)
            _ = valve.WriteFull();
        for (var i = 0; i < _hardware.Board.Lines.Count; i++)
        {
            if (_hardware.Board.Lines[i].SwitchesMoisture)
                _ = _hardware.WriteLine(i, active: false, _lastAt);
        }
    }

    private void FillInput()
    {
        _sample.Sensors.CopyTo(_input.Sensors, 0);
        _sample.Lines.CopyTo(_input.Lines, 0);
        Fill(_input.Fans, _hardware.Fans, _sample.Fans, _record.FanWrites);
        Fill(_input.Pumps, _hardware.Pumps, _sample.Pumps, _record.PumpWrites);
        for (var i = 0; i < _input.Gpus.Length; i++)
        {
            ref var gpu = ref _sample.Gpus[i];
            _input.Gpus[i] = new()
            {
                PowerW = gpu.PowerW,
                TemperatureC = gpu.TemperatureC,
                MemoryTemperatureC = gpu.MemoryTemperatureC,
                MarginK = gpu.MarginK,
                LimitW = gpu.LimitW,
                ClockRefused = gpu.ClockRefused,
                Lost = gpu.Lost,
            };
        }
    }

    /// <param name="last">How the writes of the tick before ended: an I/O error is known only then.</param>
    private static void Fill(RotorInput[] inputs, IReadOnlyList<Rotor> rotors, RotorReading[] read, RotorWrite[] last)
    {
        for (var i = 0; i < inputs.Length; i++)
        {
            var rpm = read[i].Rpm;
            inputs[i] = new()
            {
                Rpm = rpm.Value is { } turns ? Reading<double>.Good(turns.Value, rpm.At).WithQuality(rpm.Quality) : Reading<double>.Absent,
                TachHoldS = rotors[i].Driver.TachHoldS,
                ReadBack = read[i].Duty,
                WriteFailed = last[i].State is RotorWriteState.Failed or RotorWriteState.Gone,
            };
        }
    }

    private void TakeRequests()
    {
        _input.Manual = _requests.Manual;
        _input.ResetLatches = _requests.TakeLatchReset();
        if (_requests.TakeSettings() is { } settings)
            _settings = settings;
    }

    private void Apply(ref ThermalCommands commands, TimeSpan now)
    {
        for (var i = 0; i < _record.FanWrites.Length; i++)
            _record.FanWrites[i] = _hardware.Fans[i].Write(commands.Fans[i], _sample.Fans[i], now);
        for (var i = 0; i < _record.PumpWrites.Length; i++)
            _record.PumpWrites[i] = _hardware.Pumps[i].Write(commands.Pumps[i], _sample.Pumps[i], now);
        for (var i = 0; i < _hardware.Valves.Count; i++)
        {
            var valve = _hardware.Valves[i];
            _ = valve.Write(commands.Valve(_hardware.Board.Valves[i]), valve.Read(now), now);
        }

        for (var i = 0; i < _sample.Gpus.Length; i++)
        {
            if (commands.GpuLimitW[i] > 0)
                _hardware.Gpus.RequestBound(i, new(commands.GpuLimitW[i], commands.GpuLowestClock[i]));
        }

        ApplyValves(commands.CloseValve, now);
        ApplyMoisture(ref commands, now);
    }

    /// <summary>Written while a line does not read back as commanded: what was refused is tried again in the next tick. A silent line is left alone.</summary>
    private void ApplyMoisture(ref ThermalCommands commands, TimeSpan now)
    {
        for (var i = 0; i < _hardware.Board.Lines.Count; i++)
        {
            var line = _hardware.Board.Lines[i];
            if (line.SwitchesMoisture && _sample.Lines[i].Value is { } stands && stands != commands.Moisture(line))
                _ = _hardware.WriteLine(i, !stands, now);
        }
    }

    /// <summary>Written when the command changes or the line does not read back as commanded; a silent line is left alone.</summary>
    private void ApplyValves(bool close, TimeSpan now)
    {
        var due = close != _valveClosed;
        var done = true;
        for (var i = 0; i < _hardware.Board.Lines.Count; i++)
        {
            if (_hardware.Board.Lines[i] is { Kind: "valve", Output: true } && (due || _sample.Lines[i].Value == !close))
                done &= _hardware.WriteLine(i, close, now);
        }

        if (due && done)
            _valveClosed = close; // one that could not be written is tried again in the next tick
    }

    private void Publish(ref ThermalTick tick, Moment moment, double latenessMs)
    {
        if (_record.Tick > 0)
            _record.WithheldWh += tick.Commands.WithheldW * (moment.Uptime - _lastAt).TotalHours;
        _lastAt = moment.Uptime;
        _record.Tick++;
        _record.Moment = moment;
        _record.LatenessMs = latenessMs;
        _record.State = tick.State;
        _record.Estimate = tick.Estimate;
        _record.Commands = tick.Commands;
        _sample.Sensors.CopyTo(_record.Sensors, 0);
        _sample.Fans.CopyTo(_record.Fans, 0);
        _sample.Pumps.CopyTo(_record.Pumps, 0);
        _sample.Lines.CopyTo(_record.Lines, 0);
        _sample.Gpus.CopyTo(_record.Gpus, 0);
        _latest.Publish(_record);
    }
}
