using Appliance.Model;

namespace Appliance.Twin;

public sealed partial class BoxTwin
{
    private const double LostGpuW = 100;
    private const double ReadingMib = 81559;

    // ---- what software writes

    /// <summary><c>pwmN</c> of a fan. Also feeds its chip's watchdog: 5 s without a write and the chip goes to full.</summary>
    public WriteResult WriteFan(int fan, byte pwm) => _fans.Write(fan, pwm, _nowS, _busStuck);

    public WriteResult WritePump(int pump, byte pwm) => _pumps.Write(pump, pwm, _nowS, _busStuck);

    /// <summary><c>pwmN_enable</c>, with the meaning the chip's own driver gives it.</summary>
    public WriteResult WriteFanEnable(int fan, int enable) => _fans.WriteEnable(fan, enable, _busStuck);

    public WriteResult WritePumpEnable(int pump, int enable) => _pumps.WriteEnable(pump, enable, _busStuck);

    /// <summary>The modulating facility-water valve of a liquid-to-liquid box, 255 = open.</summary>
    public WriteResult WriteFacilityValve(byte pwm)
    {
        if (_busStuck)
            return WriteResult.Failed;
        _valveWrittenS = _nowS;
        _valvePwm = pwm;
        return WriteResult.Ok;
    }

    /// <summary>The valve that lets coolant past the radiator, 255 = shut: full duty cools most.</summary>
    public WriteResult WriteBypassValve(byte pwm)
    {
        if (_busStuck)
            return WriteResult.Failed;
        _bypassWrittenS = _nowS;
        _bypassPwm = pwm;
        return WriteResult.Ok;
    }

    /// <summary>A valve by its place in the board file.</summary>
    public WriteResult WriteValve(int valve, byte pwm) => _board.Valves[valve].Kind == "bypass" ? WriteBypassValve(pwm) : WriteFacilityValve(pwm);

    /// <summary>The driver's power limit, W.</summary>
    public WriteResult WriteGpuLimit(int gpu, double watts)
    {
        if (_gpuLost[gpu] || _nvmlHung || !Truth.GpusPowered)
            return WriteResult.Failed;
        if (watts < _board.Gpus.MinLimitW || watts > _board.Gpus.MaxW || watts < _refusedBelowW[gpu])
            return WriteResult.Refused;
        _limitW[gpu] = watts;
        return WriteResult.Ok;
    }

    /// <summary>Holds the SM clock at its lowest, or lets it go.</summary>
    public WriteResult WriteGpuClock(int gpu, bool lowest)
    {
        if (_gpuLost[gpu] || _nvmlHung || !Truth.GpusPowered)
            return WriteResult.Failed;
        _lowestClock[gpu] = lowest;
        return WriteResult.Ok;
    }

    /// <summary>Drives an output line (valve, (de)humidifier) to this physical level.</summary>
    public WriteResult WriteLine(int line, bool high)
    {
        if (_telemetryLost)
            return WriteResult.Failed;
        if (!KeepsLevel(line) && (!_valveStuck || _board.Lines[line].Kind != "valve"))
            _driven[line] = high;
        return WriteResult.Ok;
    }

    public int FanCount => _board.Fans.Count;

    public int PumpCount => _board.Pumps.Count;

    public int GpuCount => _board.Gpus.Count;

    public double LowestLimitW => _board.Gpus.MinLimitW;

    // ---- what software reads

    /// <summary>The raw hwmon number (milli-degrees and the like); null when it does not answer.</summary>
    public long? SensorRaw(int sensor) =>
        Sensor(sensor) is { } value ? (long)Math.Round(value / _board.Sensors[sensor].Scale) : null;

    /// <summary>The sensor in the board's unit, quantised as the chip does; null when it does not answer.</summary>
    public double? Sensor(int sensor) => _sensors.Shown(sensor);

    public TwinRotor Fan(int fan) => Rotor(_fans, fan);

    public TwinRotor Pump(int pump) => Rotor(_pumps, pump);

    /// <summary>The output that drives a valve, as its chip shows it; a valve has no tachometer.</summary>
    public TwinRotor ValveOutput(int valve) => new(_busStuck ? null : _board.Valves[valve].Kind == "bypass" ? _bypassPwm : _valvePwm, 1, null);

    /// <summary>How far the bypass is open, 0..1.</summary>
    public double BypassOpen => _bypass;

    /// <summary>Feedback of the facility valve, 0..1; null when it does not answer.</summary>
    public double? FacilityValve() => _busStuck ? null : _valve;

    public TwinGpu Gpu(int gpu)
    {
        var power = _gpus.PowerW[gpu];
        var die = Math.Round(_gpus.DieC[gpu]);
        var working = power > 1.8 * Parameters.IdleW;
        ulong reasons = power < 1.1 * Parameters.IdleW ? 1UL : 0;
        if (power >= _limitW[gpu] - 1)
            reasons |= 4;
        if (Truth.SelfThrottled[gpu])
            reasons |= 0x20 | 0x40;
        if (Truth.Braked)
            reasons |= BrakeReasons;
        return new(
            _gpuLost[gpu] || _gpus.Dead[gpu] || !Truth.GpusPowered,
            _nvmlHung,
            Math.Round(power, 3),
            die,
            Math.Round(_gpus.MemoryC[gpu]),
            _board.Gpus.ThrottleC - die,
            reasons == 1 || _lowestClock[gpu] ? LowestMhz : Truth.Braked ? 990 : Truth.SelfThrottled[gpu] ? 1200 : 1980,
            working ? Math.Min(100, Math.Round(100 * power / _board.Gpus.MaxW)) : 0,
            working ? 62000 : 520,
            ReadingMib,
            reasons,
            _limitW[gpu],
            _lowestClock[gpu]);
    }

    /// <summary>Physical level of a digital line; null when it cannot be read.</summary>
    public bool? Line(int line)
    {
        if (_telemetryLost)
            return null;
        var about = _board.Lines[line];
        if (about.Output)
            return _driven[line];
        var holds = about.Kind switch
        {
            "leak_rope" or "leak_spot" => _wet[line],
            "leak_wire" => WireBroken(about.Name),
            "level_low" => Truth.LevelPercent < 60,
            "flow_switch" => _flowSwitch,
            _ => false,
        };
        return holds != about.ActiveLow;
    }

    private bool ValveClosed
    {
        get
        {
            for (var i = 0; i < _driven.Length; i++)
            {
                if (_board.Lines[i].Kind == "valve" && _driven[i] != _board.Lines[i].ActiveLow)
                    return true;
            }

            return false;
        }
    }

    private TwinRotor Rotor(RotorBank bank, int i) => _busStuck
        ? new(null, 1, null)
        : new(bank.Pwm[i], bank.Fault[i].WriteIgnored ? 2 : bank.Enable[i], bank.Rpm(i, _busStuck));
}
