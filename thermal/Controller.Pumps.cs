using Appliance.Model;

namespace Appliance.Thermal;

public static partial class Controller
{
    /// <summary>Least distance of a die to its throttle temperature in steady state, K.</summary>
    private const double DieMarginK = 8;
    private const double PumpDownPerS = 0.02;
    private const double HeldDownWPerS = 8;

    /// <summary>
    /// As slow as the dies allow. At a held supply less flow means a hotter return, and a hotter return needs less air: slow pumps
    /// save fan power too, so the least flow that keeps the hottest die's margin is the optimum of both.
    /// </summary>
    private static void Pumps(
        ref ControllerState state, in EstimatorState known, in Estimate e, ThermalSettings settings, Hazard hazard, double dt,
        ref ThermalCommands commands)
    {
        var board = settings.Board;
        var n = board.Gpus.Count;
        double worst = 0;
        for (var i = 0; i < n; i++)
            worst = Math.Max(worst, e.GpuW[i] * known.Gpus[i].Rho);
        state.HeldW = Math.Max(worst, state.HeldW - HeldDownWPerS * dt);
        var target = board.Gpus.ThrottleC - DieMarginK - 0.5;
        var supply = Math.Max(e.SupplyC.Value ?? settings.SetpointC, settings.SetpointC);
        var flow = settings.Model.GpuLMinFor((target - supply) / Math.Max(state.HeldW, 1)) * n;

        // What the resistances do not explain yet, slowly: plates take tens of seconds to answer.
        state.HottestC += ((e.HottestGpuC.Value ?? 0) - state.HottestC) * Math.Min(1, dt / 4);
        var over = state.HottestC - (board.Gpus.ThrottleC - DieMarginK);
        state.PumpTrim = Math.Clamp(state.PumpTrim + (over > 0 ? 0.004 * over : -0.0005) * dt, 0, 0.7);
        var alive = Math.Max(e.PumpsAlive, 1);
        var perSpeed = known.PumpGain * settings.DesignFlowLMin(1, alive);
        var wanted = Math.Clamp(flow / Math.Max(perSpeed, 1) + state.PumpTrim, settings.MinPump, 1);
        var reason = new Reason(Driver.PumpDemand, e.HeatW);
        if (hazard.FullPumps)
            (wanted, reason) = (1, hazard.Reason);
        else if (e.PumpsAlive < board.Pumps.Count)
            (wanted, reason) = (Math.Max(wanted, e.PumpsAlive == 0 ? 1 : wanted), new(Driver.StandbyPump));
        if (state.BootS < BootS)
            (wanted, reason) = (Math.Max(wanted, state.Pump), new(Driver.Boot));
        state.Pump = Math.Max(wanted, state.Pump - PumpDownPerS * dt);
        if (state.Pump <= settings.MinPump + 1e-6)
            reason = new(Driver.Floor, 100 * settings.MinPump);
        for (var i = 0; i < board.Pumps.Count; i++)
        {
            // A pump that does not turn is asked for everything it has; it may come back.
            var turns = Estimator.Turns(e.Pumps[i]) || e.Pumps[i] == RotorHealth.Unknown;
            commands.Pumps[i] = hazard.StopPumps ? Duty.OfPermille(0) : turns ? Duty.OfFraction(state.Pump) : Duty.Full;
            commands.PumpReasons[i] = hazard.StopPumps ? new(Driver.Leak) : reason;
        }
    }
}
