using Appliance.Model;
using Appliance.Twin;

namespace Appliance.Daemon.Simulation;

/// <summary>
/// The power brake, hardware alone: without flow no GPU draws more than half, whoever lives, and with nobody there every die has the time that docs/thermal
/// promises; and a switch or brake that pulls for nothing stops no engine. A brake or switch that is broken is no reason to judge it; then software alone must keep the dies (the campaign's own invariant).
/// </summary>
internal sealed class BrakeWatch(BoardPowerBrake brake, Board board, Scenario scenario, bool coolable) : IBoardWatch
{
    private const double PulledWithinS = 0.2;

    /// <summary>From the loss of flow, with nobody there, to the first die at its limit: at least. Of 600 seeds the least was 20.3 s, of a die that began 6.5 K below its limit.</summary>
    internal const double BoughtS = 20;

    /// <summary>What a die may have at that moment for the promise to hold: what a healthy box leaves it.</summary>
    private const double HealthyMarginK = 8;

    private readonly bool _whole = !scenario.Faults.Any(f => f.Fault.Kind is FaultKind.FlowSwitchBlind or FaultKind.PowerBrakeDead);
    private readonly bool _flows = scenario.Faults.All(f => FaultCatalogue.Of(f.Fault.Kind).OfOption);
    private readonly bool _plates = scenario.Faults.Any(f => f.Fault.Kind is FaultKind.PlateClogged or FaultKind.PlateDisconnected);
    private double _sinceS = double.NaN;
    private double _marginK;

    public string? Broken(double t, SimulationRun run)
    {
        var truth = run.Twin.Truth;
        if (_flows && (run.Control.Parked || run.Control.ShutDown))
            return $"the engine was stopped at {t:0.0} s although nothing but the brake is broken";
        if (!_whole)
            return null;
        if (truth.FlowLMin >= brake.FlowBelowLMin)
        {
            _sinceS = double.NaN;
            return null;
        }

        var hottest = truth.DieC.Max();
        if (double.IsNaN(_sinceS))
            (_sinceS, _marginK) = (t, board.Gpus.ThrottleC - hottest);
        var without = t - _sinceS;
        var most = truth.GpuW.Max();
        if (without > PulledWithinS && most > board.Gpus.MaxW / 2 + 1)
            return $"{truth.FlowLMin:0.0} L/min for {without:0.0} s and a GPU draws {most:0} W at {t:0.0} s: the power brake was not pulled";
        return coolable && !_plates && _marginK >= HealthyMarginK && without < BoughtS && hottest >= board.Gpus.ThrottleC
            ? $"a die at {hottest:0.0} °C {without:0.0} s after the flow was lost, at {t:0.0} s: the power brake buys {BoughtS:0} s"
            : null;
    }
}
