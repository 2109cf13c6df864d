using Appliance.Model;

namespace Appliance.Thermal;

public static partial class Controller
{
    private const double CapFromK = 1.0;
    private const double CapAtK = 1.3;
    private const double CapTrimWPerKs = 10;
    private const double CapGainWPerK = 900;
    private const double GpuMarginK = 2.2;
    private const double QuantumW = 5;

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
        var share = LoopCap(ref state, in known, in e, settings, dt, ref commands);
        var plateHot = false;
        for (var i = 0; i < gpus.Count; i++)
        {
            var reason = new Reason(Driver.DefaultLimit);
            var limit = gpus.MaxW;
            var own = OwnCap(ref state, in known, in e, settings, i, dt);
            if (own < limit)
                (limit, reason) = (own, e.Gpus[i] == GpuHealth.PlateSuspect ? new(Driver.PlateFault, known.Gpus[i].ResidualK) : new(Driver.GpuHot, gpus.ThrottleC - GpuMarginK));
            if (share < limit)
                (limit, reason) = (share, new(Driver.Capacity, state.CapW));
            if (state.UnknownS > BlindCapAfterS && BlindShare * gpus.MaxW < limit)
                (limit, reason) = (BlindShare * gpus.MaxW, new(Driver.SensorsLost));
            if (hazard.LowLimit)
                (limit, reason) = (gpus.MinLimitW, hazard.Any ? hazard.Reason : new(Driver.Recovery, HealthyBeforeReleaseS - state.HealthyS));
            limit = limit >= gpus.MaxW ? gpus.MaxW : Math.Floor(limit / QuantumW) * QuantumW;
            commands.GpuLimitW[i] = Math.Clamp(limit, gpus.MinLimitW, gpus.MaxW);
            commands.GpuReasons[i] = reason;
            if (limit < gpus.MaxW && e.GpuW[i] > limit - 15)
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
        if (e.Gpus[i] == GpuHealth.PlateSuspect || margin < 1.2)
        {
            cap = gpus.MinLimitW;
            healthy = 0;
        }
        else if (margin < GpuMarginK)
        {
            cap = Math.Max(gpus.MinLimitW, Math.Min(cap, e.GpuW[i]) - 40 * (GpuMarginK - margin) * dt);
            healthy = 0;
        }
        else
        {
            healthy += dt;
            if (healthy > HealthyBeforeReleaseS && cap < gpus.MaxW)
                cap = Math.Min(gpus.MaxW, cap + (margin > GpuMarginK + 1 ? 20 : 2) * dt);
        }

        return cap;
    }

    /// <summary>
    /// The watts that hold the coolant just below the top of its band, shared out so that who needs less leaves its share to the
    /// others. Starts only when fans are flat out and the coolant on its way is hot, so that a box which can cope is never capped.
    /// </summary>
    private static double LoopCap(
        ref ControllerState state, in EstimatorState known, in Estimate e, ThermalSettings settings, double dt, ref ThermalCommands commands)
    {
        var gpus = settings.Board.Gpus;
        var all = gpus.MaxW * gpus.Count;
        if (e.SupplyC.Value is not { } supply || !known.Observer.Started)
            return gpus.MaxW;
        var most = settings.Liquid ? 1 : settings.AirShare(Math.Max(e.FansAlive, 1));
        var coming = Math.Max(supply, Math.Max(known.Observer.ComingC, FlatOutC(most, in known, in e, settings)));
        var flatOut = state.Drive >= 0.97 * most;
        if (!state.Capping && flatOut && coming > settings.SetpointC + CapFromK)
            state.Capping = true;
        if (!state.Capping)
            return gpus.MaxW;
        var top = settings.SetpointC + CapAtK;
        state.CapTrimW = Math.Clamp(state.CapTrimW + CapTrimWPerKs * (top - coming) * dt, -1500, 1500);
        state.CapW = Math.Clamp(
            RemovableW(top, most, in known, in e, settings) + CapGainWPerK * (top - coming) + state.CapTrimW, gpus.Count * gpus.MinLimitW, all);
        state.CapHealthyS = coming < settings.SetpointC + 0.6 && e.HeatW < state.CapW - 200 ? state.CapHealthyS + dt : 0;
        if (state.CapHealthyS > 30)
        {
            state.Capping = false;
            state.CapHealthyS = 0;
            state.CapTrimW = 0;
            return gpus.MaxW;
        }

        var share = Share(in e, state.CapW, gpus.Count);
        if (share >= gpus.MaxW - 1)
            return share; // on guard, but nothing is withheld: the box copes
        commands.Mode = ThermalMode.Overheat;
        commands.Conditions.Add(new(ConditionCode.CapacityShort, TargetKind.Loop, 0, state.CapW, e.HeatW));
        return share;
    }

    /// <summary>What the coolant about to reach the exchanger would leave it with at full drive, °C: too hot is known before it arrives.</summary>
    private static double FlatOutC(double most, in EstimatorState known, in Estimate e, ThermalSettings settings)
    {
        var model = settings.Model;
        var carried = model.Carried(Math.Max(e.FlowLMin.Value ?? e.ExpectedFlowLMin, 0.5));
        return Outlet(model, in known, in e, known.Observer.ReachingExchangerC(model, HalfWay), carried, most) + e.ModelErrorK;
    }

    /// <summary>Level to which everybody may fill up so that the sum is the cap.</summary>
    private static double Share(in Estimate e, double capW, int count)
    {
        var level = capW / count;
        for (var round = 0; round < 4; round++)
        {
            double below = 0;
            var full = 0;
            for (var i = 0; i < count; i++)
            {
                if (e.GpuW[i] < level - 15)
                    below += e.GpuW[i] + 15;
                else
                    full++;
            }

            if (full == 0)
                return capW / count + (capW - below) / count;
            level = (capW - below) / full;
        }

        return level;
    }
}
