using Appliance.Model;

namespace Appliance.Twin;

public sealed partial class BoxTwin
{
    private const double DripLMin = 0.005;
    private readonly List<ActiveFault> _faults = [];
    private FaultSpec[] _faultSpecs = [];
    private bool[] _gpuLost = [];
    private double[] _refusedBelowW = [];
    private bool[] _cavitating = [];
    private bool _nvmlHung;
    private bool _busStuck;
    private bool _telemetryLost;
    private bool _facilityLost;
    private bool _valveStuck;
    private bool _bypassStuck;
    private double _humidityJump;
    private double _ambientJump;
    private double _fouling;
    private double _airInLoop;
    private double _leakLMin;

    /// <param name="Since">Virtual seconds at injection.</param>
    /// <param name="Frozen">What a stuck sensor froze at.</param>
    private sealed record ActiveFault(FaultSpec Spec, double Since, double? Frozen);

    public IReadOnlyList<FaultSpec> Faults => _faultSpecs;

    /// <summary>Is a fault of this kind standing? For those whoever runs the twin must carry out.</summary>
    public bool Has(FaultKind kind)
    {
        foreach (var fault in _faults)
        {
            if (fault.Spec.Kind == kind)
                return true;
        }

        return false;
    }

    public void Inject(FaultSpec fault)
    {
        double? frozen = fault.Kind == FaultKind.SensorStuck ? (Sensor(SensorIndex(fault.Target)) ?? 0) + (fault.Value ?? 0) : null;
        _faults.Add(new(fault, _nowS, frozen));
        Apply();
    }

    /// <summary>Mends what can be mended. False when no such fault stands.</summary>
    public bool Clear(FaultKind kind, string target)
    {
        var any = _faults.RemoveAll(f => f.Spec.Kind == kind && f.Spec.Target == target) > 0;
        Apply();
        return any;
    }

    /// <summary>Mends everything, dries the cabinet and fills the reservoir up.</summary>
    public void ClearAll()
    {
        _faults.Clear();
        Array.Clear(_wet);
        Truth.LevelPercent = 100;
        Array.Clear(_gpus.Dead);
        Apply();
    }

    private void AdvanceFaults(double dt)
    {
        if (_leakLMin <= 0 || dt <= 0)
            return;
        var rate = ValveClosed ? 0.1 * _leakLMin : _leakLMin * (0.3 + 0.7 * Math.Min(1, Truth.FlowLMin / Parameters.NominalLMin));
        var lost = Math.Min(rate / 60 * dt, _reservoirL * Truth.LevelPercent / 100);
        Truth.LeakedL += lost;
        Truth.LevelPercent = Math.Max(0, Truth.LevelPercent - 100 * lost / _reservoirL);
        foreach (var fault in _faults)
            Wet(fault);
    }

    /// <summary>A drip wets its own detector; a hose that comes off wets one after another.</summary>
    private void Wet(ActiveFault fault)
    {
        if (fault.Spec.Kind is not (FaultKind.LeakDrip or FaultKind.LeakGross))
            return;
        var order = 0;
        for (var i = 0; i < _wet.Length; i++)
        {
            if (_board.Lines[i].Kind is not ("leak_rope" or "leak_spot"))
                continue;
            var age = _nowS - fault.Since;
            if (fault.Spec.Kind == FaultKind.LeakDrip)
                _wet[i] |= _board.Lines[i].Name == fault.Spec.Target && age > 1;
            else
                _wet[i] |= age > 1 + 1.5 * order;
            order++;
        }
    }

    private bool WireBroken(string wire)
    {
        foreach (var fault in _faults)
        {
            if (fault.Spec.Kind == FaultKind.LeakRopeCut && wire.StartsWith(fault.Spec.Target, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    /// <summary>Rebuilds every effect from the list of standing faults: order of injection and clearing does not matter.</summary>
    private void Apply()
    {
        Reset();
        _faultSpecs = [.. _faults.Select(f => f.Spec)];
        foreach (var fault in _faults)
            Apply(fault);
    }

    private void Reset()
    {
        _gpuLost = new bool[_board.Gpus.Count];
        _refusedBelowW = new double[_board.Gpus.Count];
        _cavitating = new bool[_board.Pumps.Count];
        _nvmlHung = _busStuck = _telemetryLost = _facilityLost = _valveStuck = _bypassStuck = false;
        _humidityJump = _ambientJump = _fouling = _airInLoop = _leakLMin = 0;
        ResetParts();
        Array.Clear(_slotOpen);
        Array.Fill(_gpus.FlowShare, 1);
        Array.Fill(_fans.Fault, RotorFault.None);
        Array.Fill(_pumps.Fault, RotorFault.None);
        for (var i = 0; i < _sensors.Fault.Length; i++)
            _sensors.Fault[i] = new() { Drifted = _sensors.Fault[i].DriftPerMin != 0 ? _sensors.Fault[i].Drifted : 0 };
    }

    private void Apply(ActiveFault fault)
    {
        var (kind, target, value) = (fault.Spec.Kind, fault.Spec.Target, fault.Spec.Value ?? 0);
        if (FaultCatalogue.Of(kind).OfHealth)
            return; // no part of the plant
        switch (FaultCatalogue.Of(kind).Targets)
        {
            case FaultTargets.Fan or FaultTargets.Pump or FaultTargets.Rotor:
                ApplyToRotor(kind, target, value);
                break;
            case FaultTargets.Sensor:
                ApplyToSensor(ref _sensors.Fault[SensorIndex(target)], kind, value, fault.Frozen);
                break;
            case FaultTargets.Gpu:
                ApplyToGpu(kind, int.Parse(target.AsSpan(3)), value);
                break;
            case FaultTargets.FlowSwitch or FaultTargets.PowerBrake or FaultTargets.Moisture:
                ApplyToPart(kind, target);
                break;
            default:
                ApplyToBox(kind, target, value);
                break;
        }
    }

    private void ApplyToRotor(FaultKind kind, string target, double value)
    {
        var fan = IndexOf(_board.Fans, f => f.Name == target);
        var bank = fan >= 0 ? _fans : _pumps;
        var i = fan >= 0 ? fan : IndexOf(_board.Pumps, p => p.Name == target);
        var maxRpm = fan >= 0 ? _board.Fans[i].MaxRpm : _board.Pumps[i].MaxRpm;
        ref var f = ref bank.Fault[i];
        switch (kind)
        {
            case FaultKind.FanDead or FaultKind.PumpDead:
                f = f with { Dead = true };
                break;
            case FaultKind.FanTachLost:
                f = f with { TachLost = true };
                break;
            case FaultKind.FanStuck:
                f = f with { StuckAt = Math.Clamp(value / maxRpm, 0, 1) };
                break;
            case FaultKind.PwmWriteError:
                f = f with { WriteError = true };
                break;
            case FaultKind.PwmWriteIgnored:
                f = f with { WriteIgnored = true };
                break;
            case FaultKind.PwmForeignWrite:
                f = f with { ForeignPwm = Duty.OfFraction(value / 100).Pwm };
                break;
            case FaultKind.PumpCavitation:
                _cavitating[i] = true;
                break;
            case FaultKind.PumpNoFlow:
                f = f with { NoFlow = true };
                break;
            case FaultKind.FanSlotOpen:
                f = f with { Dead = true, SlotOpen = true };
                _slotOpen[i] = true;
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{kind} is not a rotor's fault.");
        }
    }

    private static void ApplyToSensor(ref SensorFault f, FaultKind kind, double value, double? frozen)
    {
        switch (kind)
        {
            case FaultKind.SensorOpen:
                f.Open = true;
                break;
            case FaultKind.SensorStuck:
                f.Frozen = frozen;
                break;
            case FaultKind.SensorBias:
                f.Bias += value;
                break;
            case FaultKind.SensorDrift:
                f.DriftPerMin = value;
                break;
            case FaultKind.SensorNoise:
                f.NoiseTimesMore = Math.Max(value - 1, 0);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{kind} is not a sensor's fault.");
        }
    }

    private void ApplyToGpu(FaultKind kind, int gpu, double value)
    {
        switch (kind)
        {
            case FaultKind.PlateClogged:
                _gpus.FlowShare[gpu] *= 1 - Math.Clamp(value / 100, 0, 1);
                break;
            case FaultKind.PlateDisconnected:
                _gpus.FlowShare[gpu] = 0;
                break;
            case FaultKind.GpuLost:
                _gpuLost[gpu] = true;
                break;
            case FaultKind.PowerLimitRefused:
                _refusedBelowW[gpu] = value;
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{kind} is not a GPU's fault.");
        }
    }

    private void ApplyToBox(FaultKind kind, string target, double value)
    {
        switch (kind)
        {
            case FaultKind.LeakDrip:
                _leakLMin += DripLMin;
                break;
            case FaultKind.LeakGross:
                _leakLMin += value;
                break;
            case FaultKind.HumidityJump:
                _humidityJump += value;
                break;
            case FaultKind.AmbientJump:
                _ambientJump += value;
                break;
            case FaultKind.ValveStuck when IsBypass(target):
                _bypassStuck = true;
                break;
            case FaultKind.RadiatorFouled:
                _fouling = Math.Clamp(value / 100, 0, 0.95);
                break;
            case FaultKind.AirInLoop:
                _airInLoop = Math.Clamp(value / 100, 0, 1);
                break;
            case FaultKind.AdcBias:
                BiasCoolant(value);
                break;
            case FaultKind.SensorsSwapped:
                SwapSensors("coolant_supply1", "coolant_return1");
                break;
            case FaultKind.TachsSwapped when _fans.Fault.Length > 1:
                _fans.Fault[0] = _fans.Fault[0] with { TachOf = 1 };
                _fans.Fault[1] = _fans.Fault[1] with { TachOf = 0 };
                break;
            default:
                _nvmlHung |= kind == FaultKind.NvmlHang;
                _telemetryLost |= kind == FaultKind.TelemetryLost;
                _busStuck |= kind == FaultKind.I2cStuck;
                _facilityLost |= kind == FaultKind.FacilityWaterLost;
                _valveStuck |= kind == FaultKind.ValveStuck;
                break;
        }
    }

    private bool IsBypass(string target) => _board.Valves.Any(v => v.Kind == "bypass" && v.Name == target);

    private void BiasCoolant(double kelvin)
    {
        for (var i = 0; i < _board.Sensors.Count; i++)
        {
            if (_board.Sensors[i].Group is "coolant_supply" or "coolant_return")
                _sensors.Fault[i].Bias += kelvin;
        }
    }

    private void SwapSensors(string one, string other)
    {
        var (a, b) = (SensorIndex(one), SensorIndex(other));
        _sensors.Fault[a].SwappedWith = b;
        _sensors.Fault[b].SwappedWith = a;
    }

    private int SensorIndex(string name) => IndexOf(_board.Sensors, s => s.Name == name);

    private static int IndexOf<T>(IReadOnlyList<T> list, Func<T, bool> match)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (match(list[i]))
                return i;
        }

        return -1;
    }
}
