using Appliance.Model;

namespace Appliance.Daemon.Simulation;

/// <summary>
/// Coolant that stays too cold although the bypass could still be opened; only asked of a box on which nothing is broken. After a step of the load it may be
/// cold for a while: what has grown cold in the radiator has to come out first.
/// </summary>
internal sealed class BypassWatch(Board board) : IBoardWatch
{
    private const double AnsweredWithinS = 300;
    private double _sinceS = double.NaN;

    public string? Broken(double t, SimulationRun run)
    {
        var (supply, open) = (run.Twin.Truth.SupplyC, run.Twin.BypassOpen);
        _sinceS = supply >= board.SetpointC - board.BandK || open > 0.95 ? double.NaN : double.IsNaN(_sinceS) ? t : _sinceS;
        return t - _sinceS > AnsweredWithinS ? $"coolant {supply:0.00} °C for {t - _sinceS:0.0} s with the bypass {100 * open:0} % open at {t:0.0} s" : null;
    }
}
