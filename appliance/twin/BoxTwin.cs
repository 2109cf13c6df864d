using Appliance.Model;

namespace Appliance.Twin;

/// <summary>
/// The box as physics. Software writes duties, limits and lines into it and reads what sensors, tachometers and the GPU driver
/// would show; the world sets room air and what the GPUs want to draw. Virtual time, one seed, no clock.
/// </summary>
public sealed partial class BoxTwin
{
    private readonly Board _board;
    private readonly double[] _wantedW;
    private readonly double[] _limitW;
    private readonly byte[] _fanPwm;
    private readonly byte[] _pumpPwm;
    private readonly int[] _fanEnable;
    private readonly int[] _pumpEnable;
    private readonly bool[] _driven;
    private double _supply;

    public BoxTwin(TwinOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _board = options.Board;
        AmbientC = options.AmbientC;
        RoomHumidityPercent = options.RoomHumidityPercent;
        _wantedW = new double[_board.Gpus.Count];
        _limitW = new double[_board.Gpus.Count];
        Array.Fill(_wantedW, options.GpuW);
        Array.Fill(_limitW, _board.Gpus.MaxW);
        _fanPwm = new byte[_board.Fans.Count];
        _pumpPwm = new byte[_board.Pumps.Count];
        _fanEnable = new int[_board.Fans.Count];
        _pumpEnable = new int[_board.Pumps.Count];
        _driven = new bool[_board.Lines.Count];
        Truth = new(_board.Gpus.Count);
        _supply = options.StartSupplyC ?? _board.SetpointC;
    }

    /// <summary>Virtual time since the start.</summary>
    public TimeSpan Now { get; private set; }

    public TwinTruth Truth { get; }

    // ---- the world

    public double AmbientC { get; set; }

    public double RoomHumidityPercent { get; set; }

    /// <summary>What this GPU's work would draw if nothing limited it, W.</summary>
    public void WantPower(int gpu, double watts) => _wantedW[gpu] = watts;

    // ---- what software writes

    /// <summary><c>pwmN</c> of a fan. Also feeds its chip's watchdog: 5 s without a write and the chip goes to full.</summary>
    public WriteResult WriteFan(int fan, byte pwm)
    {
        _fanPwm[fan] = pwm;
        return WriteResult.Ok;
    }

    public WriteResult WritePump(int pump, byte pwm)
    {
        _pumpPwm[pump] = pwm;
        return WriteResult.Ok;
    }

    /// <summary><c>pwmN_enable</c>, with the meaning the chip's own driver gives it.</summary>
    public WriteResult WriteFanEnable(int fan, int enable)
    {
        _fanEnable[fan] = enable;
        return WriteResult.Ok;
    }

    public WriteResult WritePumpEnable(int pump, int enable)
    {
        _pumpEnable[pump] = enable;
        return WriteResult.Ok;
    }

    /// <summary>The driver's power limit, W.</summary>
    public WriteResult WriteGpuLimit(int gpu, double watts)
    {
        _limitW[gpu] = watts;
        return WriteResult.Ok;
    }

    /// <summary>Drives an output line (valve) to this physical level.</summary>
    public WriteResult WriteLine(int line, bool high)
    {
        _driven[line] = high;
        return WriteResult.Ok;
    }

    /// <summary>True: no worker runs, the GPUs draw what idle GPUs draw.</summary>
    public bool EngineParked { get; set; }

    /// <summary>Takes the GPUs' supply away.</summary>
    public void PowerOff() => Truth.GpusPowered = false;

    public void PowerOn() => Truth.GpusPowered = true;

    // ---- what software reads

    /// <summary>The raw hwmon number (milli-degrees and the like); null when it does not answer.</summary>
    public long? SensorRaw(int sensor) => Sensor(sensor) is { } value ? (long)Math.Round(value / _board.Sensors[sensor].Scale) : null;

    /// <summary>The sensor in the board's unit, quantised as the chip does; null when it does not answer.</summary>
    public double? Sensor(int sensor) => _board.Sensors[sensor].Group switch
    {
        "coolant_supply" => _supply,
        "coolant_return" => _supply + 8,
        "flow" => 10,
        "ambient" => AmbientC,
        "humidity" => RoomHumidityPercent,
        _ => 100,
    };

    public TwinRotor Fan(int fan) => new(_fanPwm[fan], _fanEnable[fan], _fanPwm[fan] / 255.0 * _board.Fans[fan].MaxRpm);

    public TwinRotor Pump(int pump) => new(_pumpPwm[pump], _pumpEnable[pump], _pumpPwm[pump] / 255.0 * _board.Pumps[pump].MaxRpm);

    public TwinGpu Gpu(int gpu) => new(
        false, false, Math.Min(_wantedW[gpu], _limitW[gpu]), 50, 55, 37, 1980, 0, 500, 81559, 0, _limitW[gpu]);

    /// <summary>Physical level of a digital line; null when it cannot be read.</summary>
    public bool? Line(int line) => _board.Lines[line].Output ? _driven[line] : _board.Lines[line].ActiveLow;

    // ---- faults

    public IReadOnlyCollection<FaultSpec> Faults => _faults;

    public void Inject(FaultSpec fault) => _faults.Add(fault);

    /// <summary>Mends what can be mended. False when no such fault stands.</summary>
    public bool Clear(FaultKind kind, string target) => _faults.RemoveAll(f => f.Kind == kind && f.Target == target) > 0;

    public void ClearAll() => _faults.Clear();

    private readonly List<FaultSpec> _faults = [];

    public void Step(TimeSpan dt)
    {
        Now += dt;
        Truth.SupplyC = _supply;
    }
}
