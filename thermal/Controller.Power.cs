using Appliance.Model;

namespace Appliance.Thermal;

public static partial class Controller
{
    private const double CapFromK = 1.25;
    private const double CapAtK = 1.5;
    private const double CapTrimWPerKs = 10;
    private const double CapTrimWithinK = 0.25;
    private const double CapGainWPerK = 1600;

    /// <summary>Above the top what is already on its way must be made up for; hence more than what holds a level.</summary>
    private const double CapOverGainWPerK = 2500;
    private const double ComingTauS = 1.5;
    private const double GpuMarginK = 2.2;
    private const double LastMarginK = 1.2;
    private const double QuantumW = 5;
    private const double AtLimitW = 15;

    // Without a coolant thermometer fans and pumps run at full and nobody knows whether that is enough.
    private const double BlindCapAfterS = 3;
    private const double BlindShare = 0.85;
    private const double OffAfterPlateHotS = 8;

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

            // At its limit nobody knows what it would draw: up to everything.
            var limited = e.GpuW[i] > known.Gpus[i].CommandedLimitW - AtLimitW;
            wanted += limited ? gpus.MaxW : e.GpuW[i];
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
            var hot = known.Gpus[i].SuspectS > 0.5 && e.GpuC[i].Value > gpus.ThrottleC - 3.5;
            if (!hot || !spent)
                continue;

            // At its lowest limit a plate without flow still heats up: only parked workers and then power off help.
            plateHot = true;
            state.Parked = true;
            state.HealthyS = 0;
        }

        // On guard is not short: only a limit that somebody feels is worth an alarm.
        if (felt && wanted > state.CapW && !hazard.LowLimit)
        {
            commands.Mode = ThermalMode.Overheat;
            commands.Conditions.Add(new(ConditionCode.CapacityShort, TargetKind.Loop, 0, state.CapW, wanted));
        }

        state.PlateHotS = plateHot ? state.PlateHotS + dt : 0;
        state.ShutdownLatched |= state.PlateHotS > OffAfterPlateHotS;
    }

    /// <summary>A die near its limit, or a plate that lost its flow: this GPU alone is held back, and let go after a healthy minute.</summary>
    private static double OwnCap(ref ControllerState state, in EstimatorState known, in Estimate e, ThermalSettings settings, int i, double dt)
    {
        var gpus = settings.Board.Gpus;
        ref var cap = ref state.GpuCapW[i];
        ref var healthy = ref state.GpuHealthyS[i];
        var margin = gpus.ThrottleC - (e.GpuC[i].Value ?? double.MinValue);

        // Colder coolant is still to be had and this die is not running away: that comes before its power.
        var calm = known.Gpus[i].ResidualK - known.Gpus[i].ResidualSlowK < 0.3;
        var from = state.DieShiftK < DieShiftMaxK && calm ? LastMarginK : GpuMarginK;
        if (e.Gpus[i] == GpuHealth.PlateLost || margin < 0.5)
        {
            cap = gpus.MinLimitW;
            healthy = 0;
        }
        else if (margin < from)
        {
            cap = Math.Max(gpus.MinLimitW, Math.Min(cap, e.GpuW[i]) - (calm ? 40 : 100) * (from - margin) * dt);
            healthy = 0;
        }
        else
        {
            healthy += dt;
            if ((healthy > HealthyBeforeReleaseS || known.Gpus[i].FallS > Estimator.FlowsAfterS) && cap < gpus.MaxW)
                cap = Math.Min(gpus.MaxW, cap + (margin > from + 1 ? 20 : 2) * dt);
        }

        return cap;
    }

    /// <summary>
    /// The watts that hold the coolant just below the top of its band, shared out so that who needs less leaves its share to the
    /// others. Starts only when fans are flat out and the coolant on its way is hot, so that a box which can cope is never capped.
    /// </summary>
    /// <remarks>Only the plates' and pipes' content counts for what is coming: a burst that the reservoir swallows withholds nothing.</remarks>
    private static double LoopCap(
        ref ControllerState state, in EstimatorState known, in Estimate e, ThermalSettings settings, double dt)
    {
        var gpus = settings.Board.Gpus;
        var all = gpus.MaxW * gpus.Count;
        if (e.SupplyC.Value is not { } supply || !known.Observer.Started)
            return gpus.MaxW;
        var most = Most(in e, settings);
        var ahead = known.Observer.PeakAheadC(settings.Model, state.PumpsAheadShare, most, known.Observer.ColdC(settings.Model, known.SourceC, most, e.HeatW));
        var coming = Math.Max(supply, Math.Max(known.Observer.ComingC, ahead));
        state.ComingC = state.ComingC == 0 ? coming : state.ComingC + (coming - state.ComingC) * Math.Min(1, dt / ComingTauS);
        coming = state.ComingC;
        var flatOut = state.Drive >= 0.97 * most;
        if (!state.Capping && flatOut && coming > settings.SetpointC + CapFromK)
            state.Capping = true;
        if (!state.Capping)
            return gpus.MaxW;
        var top = settings.SetpointC + CapAtK;
        if (Math.Abs(top - coming) < CapTrimWithinK || coming > top)
            state.CapTrimW = Math.Clamp(state.CapTrimW + CapTrimWPerKs * (top - coming) * dt, -1500, 1500);
        state.CapW = Math.Clamp(
            RemovableW(top, most, in known, in e, settings) + (coming > top ? CapOverGainWPerK : CapGainWPerK) * (top - coming) + state.CapTrimW, gpus.Count * gpus.MinLimitW, all);
        var share = Share(in e, state.CapW, gpus.Count);
        state.CapHealthyS = coming < settings.SetpointC + 0.6 && share >= gpus.MaxW - 1 ? state.CapHealthyS + dt : 0;
        if (state.CapHealthyS > 30)
        {
            state.Capping = false;
            state.CapHealthyS = 0;
            state.CapTrimW = 0;
            return gpus.MaxW;
        }

        return share;
    }

    /// <summary>Level to which everybody may fill up so that the sum is the cap. Who does not obey keeps what it draws; the others make up for it.</summary>
    private static double Share(in Estimate e, double capW, int count)
    {
        var level = capW / count;
        for (var round = 0; round < 4; round++)
        {
            double below = 0;
            var full = 0;
            for (var i = 0; i < count; i++)
            {
                if (e.Gpus[i] == GpuHealth.LimitRefused && e.GpuW[i] > level)
                    below += e.GpuW[i];
                else if (e.GpuW[i] < level - 15)
                    below += e.GpuW[i] + 15;
                else
                    full++;
            }

            if (full == 0)
                return capW / count + Math.Max(0, capW - below) / count;
            level = (capW - below) / full;
        }

        return level;
    }
}
