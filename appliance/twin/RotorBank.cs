namespace Appliance.Twin;

/// <summary>
/// Fans or pumps behind their hwmon chips: duty registers, what <c>pwmN_enable</c> means to each driver, the chip's own
/// watchdog, the rotors' inertia and the tachometers' one-second window.
/// </summary>
internal sealed class RotorBank
{
    private const double WatchdogS = 5;
    private const double StallBelow = 0.03;
    private readonly string[] _chip;
    private readonly int[] _chipOf;
    private readonly double[] _lastWriteS;
    private readonly double[] _maxRpm;
    private readonly double[] _maxW;
    private readonly double _tauS;
    private readonly double[] _windowSum;
    private readonly double[] _shown;
    private double _windowS;
    private double _dt = -1;
    private double _keep;

    public RotorBank(IReadOnlyList<(string Chip, double MaxRpm, double MaxW)> rotors, double tauS, byte pwm)
    {
        var n = rotors.Count;
        _chip = [.. rotors.Select(r => r.Chip)];
        _chipOf = [.. rotors.Select(r => Array.IndexOf(_chip, r.Chip))];
        _maxRpm = [.. rotors.Select(r => r.MaxRpm)];
        _maxW = [.. rotors.Select(r => r.MaxW)];
        _tauS = tauS;
        _lastWriteS = new double[n];
        _windowSum = new double[n];
        _shown = new double[n];
        Pwm = new byte[n];
        Enable = new int[n];
        Speed = new double[n];
        Moving = new double[n];
        Fault = new RotorFault[n];
        Array.Fill(Pwm, pwm);
        Array.Fill(Enable, 1);
        Array.Fill(Fault, RotorFault.None);
        for (var i = 0; i < n; i++)
        {
            Speed[i] = Target(i);
            Moving[i] = Speed[i];
            _shown[i] = Speed[i];
        }
    }

    public byte[] Pwm { get; }

    public int[] Enable { get; }

    /// <summary>Rotor speed, 0..1 of full.</summary>
    public double[] Speed { get; }

    /// <summary>Speed that moves air or coolant: 0 for a sheared impeller.</summary>
    public double[] Moving { get; }

    public RotorFault[] Fault { get; }

    public double PowerW { get; private set; }

    public WriteResult Write(int i, byte pwm, double nowS, bool busStuck)
    {
        if (busStuck || Fault[i].WriteError)
            return WriteResult.Failed;
        _lastWriteS[_chipOf[i]] = nowS;
        if (!Fault[i].WriteIgnored)
            Pwm[i] = pwm;
        return WriteResult.Ok;
    }

    public WriteResult WriteEnable(int i, int enable, bool busStuck)
    {
        if (busStuck || Fault[i].WriteError)
            return WriteResult.Failed;

        // emc2305 has no pwm_enable: its driver does not create the file.
        if (_chip[i] == "emc2305" && enable != 1)
            return WriteResult.Failed;
        Enable[i] = enable;
        if (enable == 1)
            Fault[i] = Fault[i] with { WriteIgnored = false };
        return WriteResult.Ok;
    }

    public void Feed(double nowS) => Array.Fill(_lastWriteS, nowS);

    public void Step(double dtS, double nowS, ref NoiseSource noise, bool watchdog)
    {
        if (dtS != _dt)
        {
            _dt = dtS;
            _keep = Math.Exp(-dtS / _tauS);
        }

        PowerW = 0;
        _windowS += dtS;
        var close = _windowS >= 1 - 1e-9;
        for (var i = 0; i < Speed.Length; i++)
        {
            if (watchdog && nowS - _lastWriteS[_chipOf[i]] > WatchdogS)
                Pwm[i] = 255;
            var fault = Fault[i];
            if (fault.ForeignPwm is { } foreign && close)
                Pwm[i] = foreign;
            var target = fault.Dead ? 0 : fault.StuckAt ?? Target(i);
            Speed[i] = target + (Speed[i] - target) * _keep;
            if (Speed[i] < 1e-4)
                Speed[i] = 0;
            Moving[i] = fault.NoFlow ? 0 : Speed[i];
            PowerW += _maxW[i] * Speed[i] * Speed[i] * Speed[i];
            _windowSum[i] += Speed[i] * dtS;
            if (!close)
                continue;
            _shown[i] = Math.Max(0, _windowSum[i] / _windowS * (1 + 0.002 * noise.Normal()));
            _windowSum[i] = 0;
        }

        if (close)
            _windowS = 0;
    }

    /// <summary>Tachometer in rpm with a quantum of 10.</summary>
    public double? Rpm(int i, bool busStuck)
    {
        if (busStuck || Fault[i].TachLost || Fault[i].SlotOpen)
            return Fault[i].SlotOpen && !busStuck ? 0 : null;
        var shown = Fault[i].TachOf is { } other ? _shown[other] * _maxRpm[other] : _shown[i] * _maxRpm[i];
        return Math.Round(shown / 10) * 10;
    }

    /// <summary>Speed that this rotor's chip asks for, 0..1 of full.</summary>
    public double Target(int i)
    {
        var duty = Pwm[i] / 255.0;
        var meant = Enable[i] switch
        {
            1 => duty,
            0 => _chip[i] switch
            {
                "pwm-fan" => 0,         // turns pwm and regulator off
                "max31790" => duty,     // tachometer off, pwm stays
                _ => 1,                 // the ABI's meaning: no control, full speed (max6650 too)
            },
            3 when _chip[i] == "max6650" => 0,
            _ => 0.35,                  // automatic by the chip's own idea of temperature
        };
        return meant < StallBelow ? 0 : meant;
    }
}

/// <summary>What is broken on one rotor.</summary>
internal readonly record struct RotorFault(
    bool Dead, bool TachLost, double? StuckAt, bool WriteError, bool WriteIgnored, byte? ForeignPwm, bool NoFlow, bool SlotOpen, int? TachOf)
{
    public static RotorFault None => default;
}
