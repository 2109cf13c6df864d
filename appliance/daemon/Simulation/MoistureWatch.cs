using Appliance.Model;
using Appliance.Thermal;
using Appliance.Twin;

namespace Appliance.Daemon.Simulation;

/// <summary>
/// Dehumidifier and humidifier: never both, no chatter, off as soon as nobody knows better, and running when the room needs them. What is asked of a device is
/// asked only where that device, its line and what must be known for it are whole.
/// </summary>
internal sealed class MoistureWatch : IBoardWatch
{
    private const double TickS = SimulationRun.TickS;

    /// <summary>Beyond the band by what a sensor of ± 2 %RH may be off, and a little.</summary>
    private const double DriestPercent = 37;
    private const double WettestPercent = 53;

    /// <summary>A rest, and the time a start or an end takes to be decided.</summary>
    private const double IdleS = Controller.MoistureLeastS + 20;

    /// <summary>The humidifier may always end for the dew point's sake; further away than this it has no reason to.</summary>
    private const double FarFromDewK = 6;

    /// <summary>Silent sensors are believed for less than a second.</summary>
    private const double BlindS = 1;
    private static readonly FaultKind[] _ofHost = [FaultKind.HostPanic, FaultKind.DaemonKilled, FaultKind.DaemonStopped, FaultKind.TelemetryLost];
    private readonly Device _dry;
    private readonly Device _wet;
    private readonly bool _both;
    private readonly bool _calm;
    private readonly bool _known;
    private readonly (double AtS, double Within)[] _ends;
    private double _blindSinceS = double.NaN;

    public MoistureWatch(Board board, Scenario scenario)
    {
        _dry = new("dehumidifier", board, scenario);
        _wet = new("humidifier", board, scenario);
        _both = _dry.Whole && _wet.Whole;
        _calm = scenario.Faults.All(f => FaultCatalogue.Of(f.Fault.Kind).OfOption);
        _known = _calm || !scenario.Faults.Any(f => _ofHost.Contains(f.Fault.Kind) || f.Fault.Kind is FaultKind.I2cStuck or FaultKind.AdcBias or FaultKind.SensorsSwapped
            || FaultCatalogue.Of(f.Fault.Kind).Targets == FaultTargets.Sensor || f.Fault.Kind is FaultKind.LeakDrip or FaultKind.LeakGross);
        _ends = scenario.Faults.Any(f => f.Fault.Kind is FaultKind.HostPanic or FaultKind.TelemetryLost) ? []
            : [.. scenario.Faults.Where(f => f.Fault.Kind is FaultKind.DaemonKilled or FaultKind.DaemonStopped)
                .Select(f => (f.AtS, f.Fault.Kind == FaultKind.DaemonKilled ? 0.5 : 2.5))];
    }

    public string? Broken(double t, SimulationRun run)
    {
        var truth = run.Twin.Truth;
        var margin = truth.CoolestSurfaceC - truth.RoomDewPointC;
        if (_both && truth.Dehumidifies && truth.Humidifies)
            return $"dehumidifier and humidifier run together at {t:0.0} s";
        var goesOn = !run.Control.ShutDown && run.Control.Mode is not ThermalMode.Failsafe;
        if (_dry.Switched(t, truth.Dehumidifies, _calm && goesOn) is { } drier)
            return drier;
        if (_wet.Switched(t, truth.Humidifies, _calm && goesOn && margin > FarFromDewK && truth.RoomRhPercent < 47) is { } wetter)
            return wetter;
        if (Off(t, run) is { } on)
            return on;
        if (!_known || !goesOn)
            return null;
        return _dry.Needed(t, truth.RoomRhPercent > WettestPercent, truth.RoomRhPercent)
            ?? _wet.Needed(t, truth.RoomRhPercent < DriestPercent && margin > FarFromDewK && !truth.Dehumidifies, truth.RoomRhPercent);
    }

    /// <summary>What was on when its daemon died or its sensor fell silent.</summary>
    private string? Off(double t, SimulationRun run)
    {
        var twin = run.Twin;
        var blind = twin.Has(FaultKind.I2cStuck) || twin.Faults.Any(f => f is { Kind: FaultKind.SensorOpen, Target: "humidity1" });
        _blindSinceS = !blind ? double.NaN : double.IsNaN(_blindSinceS) ? t : _blindSinceS;
        foreach (var device in (Device[])[_dry, _wet])
        {
            if (!device.Whole || !device.Runs)
                continue;
            foreach (var (at, within) in _ends)
            {
                if (t > at + within && t < at + Controller.MoistureLeastS)
                    return $"the {device.Name} runs {t - at:0.0} s after its daemon died";
            }

            if (t - _blindSinceS > BlindS && !_ofHost.Any(twin.Has))
                return $"the {device.Name} runs {t - _blindSinceS:0.0} s after the humidity could last be read, at {t:0.0} s";
        }

        return null;
    }

    private sealed class Device(string kind, Board board, Scenario scenario)
    {
        private double _sinceS = double.NaN;
        private double _neededS = double.NaN;

        public string Name => kind;

        public bool Runs { get; private set; }

        public bool Whole { get; } = !scenario.Faults.Any(f => board.Lines.Any(l => l.Kind == kind && l.Name == f.Fault.Target));

        /// <param name="mustGoOn">Nothing in this case may end a run before its time.</param>
        public string? Switched(double t, bool runs, bool mustGoOn)
        {
            if (double.IsNaN(_sinceS))
                (Runs, _sinceS) = (runs, double.NegativeInfinity); // it may have run for long before anybody looked
            if (runs == Runs)
                return null;
            var lasted = t - _sinceS;
            (Runs, _sinceS) = (runs, t);
            if (!Whole || lasted > Controller.MoistureLeastS - 2 * TickS)
                return null;
            return runs ? $"the {kind} starts again after {lasted:0.0} s at {t:0.0} s"
                : mustGoOn ? $"the {kind} ends after {lasted:0.0} s at {t:0.0} s"
                : null;
        }

        public string? Needed(double t, bool needed, double percent)
        {
            _neededS = !needed || Runs || !Whole ? double.NaN : double.IsNaN(_neededS) ? t : _neededS;
            return t - _neededS > IdleS ? $"{percent:0.0} %RH and the {kind} has stood for {t - _neededS:0.0} s at {t:0.0} s" : null;
        }
    }
}
