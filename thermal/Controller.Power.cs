using Appliance.Model;

namespace Appliance.Thermal;

public static partial class Controller
{
    private const double GpuMarginK = 2.2;
    private const double QuantumW = 1;
    private const double AtLimitW = 15;

    // Without a coolant thermometer fans and pumps run at full and nobody knows whether that is enough.
    private const double BlindCapAfterS = 3;
    private const double BlindShare = 0.85;
    private const double OffAfterPlateHotS = 8;

    // A plate that has lost its flow goes on heating up; one that only is worse than it was may stand where dies are held.
    private const double PlateLostNearK = 3.5;
    private const double PlateHotNearK = 1.5;

    /// <summary>The third rung: GPU power, first of the GPU that is too hot itself, then of all when the box cannot remove the heat.</summary>
    private static void Power(
        ref ControllerState state, in EstimatorState known, in Estimate e, ThermalSettings settings, Hazard hazard, TimeSpan now, double dt,
        ref ThermalCommands commands)
    {
        var gpus = settings.Board.Gpus;
        var share = LoopCap(ref state, in known, in e, settings, dt);
        var plateHot = false;
        var felt = false;
        double wanted = 0;
        for (var i = 0; i < gpus.Count; i++)
        {
            var reason = new Reason(Driver.DefaultLimit);
            var limit = gpus.MaxW;
            var own = OwnCap(ref state, in known, in e, settings, i, dt);
            if (own < limit)
                (limit, reason) = (own, e.Gpus[i] is GpuHealth.PlateSuspect or GpuHealth.PlateLost ? new(Driver.PlateFault, known.Gpus[i].ResidualK) : new(Driver.GpuHot, gpus.ThrottleC - GpuMarginK));

            wanted += WantsW(in known, in e, settings, i);
            if (share < limit)
            {
                (limit, reason) = (share, new(Driver.Capacity, state.CapW));
                felt |= share < gpus.MaxW - 1 && e.GpuW[i] > share - AtLimitW;
            }

            if (state.UnknownS > BlindCapAfterS && BlindShare * gpus.MaxW < limit)
                (limit, reason) = (BlindShare * gpus.MaxW, new(Driver.SensorsLost));
            if (hazard.LowLimit)
                (limit, reason) = (gpus.MinLimitW, hazard.Any ? hazard.Reason : new(Driver.Recovery, HealthyBeforeReleaseS - state.HealthyS));
            limit = limit >= gpus.MaxW ? gpus.MaxW : Math.Floor(limit / QuantumW) * QuantumW;
            commands.GpuLimitW[i] = Math.Clamp(limit, gpus.MinLimitW, gpus.MaxW);
            commands.GpuReasons[i] = reason;
            if (limit < gpus.MaxW && e.GpuW[i] > limit - AtLimitW)
                commands.WithheldW += gpus.MaxW - limit;

            // Only when the limit has been obeyed, or plainly is not, and the die is hot all the same.
            var spent = e.GpuW[i] <= gpus.MinLimitW + 10 || e.Gpus[i] == GpuHealth.LimitRefused;
            var near = e.Gpus[i] == GpuHealth.PlateLost ? PlateLostNearK : PlateHotNearK;
            var hot = known.Gpus[i].SuspectS > 0.5 && e.GpuC[i].Value > gpus.ThrottleC - near;
            if (!hot || !spent)
                continue;

            // At its lowest limit a plate without flow still heats up: only parked workers and then power off help.
            plateHot = true;
            (state.Parked, state.ParkedBy) = (true, reason);
            state.HealthyS = 0;
        }

        // On guard is not short: only a limit that somebody feels is worth an alarm.
        if (felt && wanted > state.CapW && !hazard.LowLimit)
        {
            commands.Mode = ThermalMode.Overheat;
            commands.Conditions.Add(new(ConditionCode.CapacityShort, TargetKind.Loop, 0, state.CapW, wanted));
        }

        state.PlateHotS = plateHot ? state.PlateHotS + dt : 0;
        if (state.PlateHotS > OffAfterPlateHotS && !state.ShutdownLatched)
            (state.ShutdownLatched, state.ShutdownBy) = (true, state.ParkedBy);
    }
}
