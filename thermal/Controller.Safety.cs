using Appliance.Model;

namespace Appliance.Thermal;

public static partial class Controller
{
    private const double ParkAfterNoFlowS = 1;
    private const double OffAfterNoFlowS = 40;
    private const double HealthyBeforeReleaseS = 60;
    private const double RecoveringFromS = 0.5;
    private const double StopPumpsAfterS = 2;
    private const double NearIdleW = 1200;

    /// <summary>More than eight GPUs without work draw, less than at work with the lowest clock, W.</summary>
    private const double IdleW = 900;
    private const double ParkAfterSpentS = 75;
    private const double SpentBelowK = 0.25;
    private const double ParkAfterNeverS = 6;
    private const double NeverFromK = 1.3;
    private const double ShutShare = 0.8;
    private const double ParkAfterShutS = 1;

    /// <summary>Leak, lost flow, lost sight, heat. Acts in the tick that sees it; conditions are only added beside it.</summary>
    private static Hazard Hazards(
        ref ControllerState state, in EstimatorState known, in Estimate e, ThermalSettings settings, double dt, ref ThermalCommands commands)
    {
        var hazard = Leak(ref state, in e, settings, dt);
        hazard = Merge(hazard, NoFlow(ref state, in e, settings, dt));
        hazard = Merge(hazard, Heat(ref state, in e, settings));
        hazard = Merge(hazard, LimitsSpent(ref state, in known, in e, settings, dt));
        hazard = Merge(hazard, NoFacilityWater(ref state, in e, settings, dt));
        hazard = Merge(hazard, Blind(ref state, in e, settings, dt));
        if (hazard.Shutdown)
            (state.ShutdownLatched, state.ShutdownBy) = (true, hazard.Reason);
        if (state.ShutdownLatched && !hazard.Shutdown)
            hazard = Merge(hazard, new(true, true, true, false, false, false, state.ShutdownBy));

        // What was parked or limited comes back only after a healthy minute.
        var bad = hazard.Park || hazard.LowLimit;
        state.HealthyS = bad ? 0 : state.HealthyS + dt;
        if (hazard.Park)
            (state.Parked, state.ParkedBy) = (true, hazard.Reason);
        if (hazard.LowLimit)
            state.LowLimit = true;
        if (hazard.LowClock || hazard.Park)
            state.LowClock = true;
        if (state.HealthyS > ReleaseAfterS(in state))
            state.Parked = state.LowLimit = state.LowClock = false;
        if (state.HealthyS > PlateParksForgottenS)
            state.PlateParks = 0;
        var recovering = new Reason(Driver.Recovery, ReleaseAfterS(in state) - state.HealthyS);
        commands.ParkEngine = state.Parked;
        commands.ParkReason = !state.Parked ? default : state.HealthyS > RecoveringFromS ? recovering : state.ParkedBy;
        commands.Shutdown = hazard.Shutdown || state.ShutdownLatched;
        commands.ShutdownReason = commands.Shutdown ? state.ShutdownBy : default;
        if (state.Parked)
            commands.Conditions.Add(new(ConditionCode.EngineParked, TargetKind.Loop, 0));
        if (commands.Shutdown)
            commands.Conditions.Add(new(ConditionCode.ShutDown, TargetKind.Loop, 0));
        commands.CloseValve = hazard.StopPumps;
        commands.ValveReason = hazard.StopPumps ? new(Driver.Leak) : default;
        return hazard with { LowLimit = state.LowLimit || hazard.LowLimit };
    }

    /// <summary>Heat away first, then pumps and valve: stopping the coolant under full power would trade a leak for a fire.</summary>
    private static Hazard Leak(ref ControllerState state, in Estimate e, ThermalSettings settings, double dt)
    {
        if (e.Leak != LeakState.Confirmed)
        {
            state.LeakS = 0;
            return default;
        }

        state.LeakS += dt;
        var stop = e.HeatW < NearIdleW || state.LeakS > StopPumpsAfterS;
        return new(true, true, true, false, false, stop, new(Driver.Leak));
    }

    private static Hazard NoFlow(ref ControllerState state, in Estimate e, ThermalSettings settings, double dt)
    {
        if (e.Flow == FlowState.Low)
            return new(false, false, false, true, true, false, new(Driver.LowFlow, e.FlowLMin.Value ?? 0));
        if (e.Flow != FlowState.None)
        {
            state.FlowNoneS = 0;
            return default;
        }

        state.FlowNoneS += dt;
        var off = state.FlowNoneS > OffAfterNoFlowS || (e.HottestGpuC.Value > settings.Board.Gpus.ThrottleC - 2 && state.FlowNoneS > 5);

        // The clock takes hold at once; parked workers take up to a second.
        return new(true, e.PumpsFailing || state.FlowNoneS >= ParkAfterNoFlowS, off, true, true, false, new(Driver.NoFlow), LowClock: true);
    }

    /// <summary>Hot coolant. Pumps are not asked for more: with the fans at their end more flow only makes the supply hotter.</summary>
    private static Hazard Heat(ref ControllerState state, in Estimate e, ThermalSettings settings)
    {
        if (e.SupplyC.Value is not { } supply)
            return default;
        var over = supply - settings.SetpointC - settings.BandK;
        var reason = new Reason(Driver.Overheat, supply);
        if (over > 7)
            return new(true, true, true, true, false, false, reason);
        if (over > 4)
            return new(true, true, false, true, false, false, reason);
        if (over > 2)
            return new(true, false, false, true, false, false, reason);
        return over > 0 ? new(false, false, false, true, false, false, reason) : default;
    }

    /// <summary>
    /// Every GPU at its lowest limit and clock and the coolant still on its way out of the band: limits are spent, the next rung is parked workers. A hot
    /// slug that passes is not that: what is coming must have gone on rising for more than a minute, or the valve be stuck.
    /// </summary>
    private static Hazard LimitsSpent(ref ControllerState state, in EstimatorState known, in Estimate e, ThermalSettings settings, double dt)
    {
        var gpus = settings.Board.Gpus;
        state.ComingMidC += (state.ComingC - state.ComingMidC) * Math.Min(1, dt / 10);
        state.ComingSlowC += (state.ComingC - state.ComingSlowC) * Math.Min(1, dt / 40);
        var spent = state.Capping && state.CapW <= gpus.Count * LowestClockW + 1 && e.HeatW > IdleW;
        var rises = state.ComingMidC > settings.SetpointC + settings.BandK - SpentBelowK && state.ComingMidC > state.ComingSlowC - 0.02;
        state.SpentS = spent && rises ? Math.Min(state.SpentS + dt, ParkAfterSpentS + 1) : Math.Max(0, state.SpentS - dt);

        // A valve that is stuck lets through what it lets through: no slug that passes, and nothing to wait for.
        var never = spent && e.ValveHeld && state.ComingMidC > settings.SetpointC + NeverFromK && state.ComingMidC > state.ComingSlowC - 0.02;
        state.NeverS = never ? state.NeverS + dt : 0;

        // One that lets through less than GPUs at work with the lowest clock would draw is not worth a try, and who is parked because of it stays so.
        var least = gpus.Count * LowestClockW;
        var shut = e.ValveHeld && (state.Parked || e.HeatW > IdleW)
            && RemovableW(CapTopC(in state, in e, settings), Most(in e, settings), state.FlowAheadLMin, in known, in e, settings) < (state.Parked ? least : ShutShare * least);
        state.ShutS = shut ? state.ShutS + dt : 0;
        return state.SpentS > ParkAfterSpentS || state.NeverS > ParkAfterNeverS || state.ShutS > ParkAfterShutS ? new(true, true, false, true, false, false, new(Driver.Overheat, state.ComingC)) : default;
    }

    /// <summary>
    /// Nothing takes the heat away: what the loop can still swallow is for the hot coolant behind the plates. Pumps at full, because here
    /// mixing is all that helps. Near idle as soon as the coolant confirms the meter, off when it goes on rising.
    /// </summary>
    private static Hazard NoFacilityWater(ref ControllerState state, in Estimate e, ThermalSettings settings, double dt)
    {
        if (!e.FacilityLost)
        {
            state.FacilityLostS = 0;
            return default;
        }

        state.FacilityLostS += dt;
        var over = (e.SupplyC.Value ?? settings.SetpointC) - settings.SetpointC;
        return new(true, over > 1.5, over > settings.BandK + 2, true, true, false, new(Driver.NoFacilityWater));
    }

    /// <summary>No coolant thermometer to trust: cool at full. No GPU to read either: take power away until something can be seen.</summary>
    private static Hazard Blind(ref ControllerState state, in Estimate e, ThermalSettings settings, double dt)
    {
        state.UnknownS = e.SupplyC.IsGood ? 0 : state.UnknownS + dt;
        if (state.UnknownS < 0.5)
            return default;
        var unseen = !e.HottestGpuC.HasValue;
        return new(unseen && state.UnknownS > 3, unseen && state.UnknownS > 30, false, true, true, false, new(Driver.SensorsLost));
    }

    private static Hazard Merge(Hazard a, Hazard b) => new(
        a.LowLimit || b.LowLimit, a.Park || b.Park, a.Shutdown || b.Shutdown, a.FullFans || b.FullFans, a.FullPumps || b.FullPumps,
        a.StopPumps || b.StopPumps, a.Any ? a.Reason : b.Reason, a.LowClock || b.LowClock);
}
