using Appliance.Model;

namespace Appliance.Daemon.Simulation;

/// <summary>Inlet air, or the air that DIMMs and power supplies live in, too warm although fans could still turn faster; only asked of a box on which nothing is broken.</summary>
internal sealed class CabinetWatch(Board board) : IBoardWatch
{
    /// <summary>A cabinet's air takes its time.</summary>
    private const double AnsweredWithinS = 60;

    /// <summary>What the electronics need behind them (20 K above their inlet), and what it may be known to.</summary>
    private const double BehindK = 22;
    private double _sinceS = double.NaN;

    public string? Broken(double t, SimulationRun run)
    {
        var twin = run.Twin;
        var truth = twin.Truth;
        var hot = truth.CabinetInletC > board.SetpointC + board.BandK || truth.AirSideC - truth.CabinetInletC > BehindK;
        var full = Enumerable.Range(0, twin.FanCount).All(i => twin.Fan(i).Pwm >= 250);
        _sinceS = !hot || full ? double.NaN : double.IsNaN(_sinceS) ? t : _sinceS;
        return t - _sinceS > AnsweredWithinS
            ? $"inlet {truth.CabinetInletC:0.0} °C and {truth.AirSideC:0.0} °C behind the electronics for {t - _sinceS:0.0} s with fans below full at {t:0.0} s"
            : null;
    }
}
