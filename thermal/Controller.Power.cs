using Appliance.Model;

namespace Appliance.Thermal;

public static partial class Controller
{
    private const double GpuMarginK = 2.2;
    private const double QuantumW = 1;
    private const double AtLimitW = 15;

    /// <summary>More than a GPU without work draws, W.</summary>
    private const double AtWorkW = 110;

    /// <summary>What a busy GPU is reckoned to draw with its clock at the lowest, W; should it be more, the coolant will tell.</summary>
    private const double LowestClockW = 150;

    /// <summary>A held clock is obeyed within a tick or two of the driver, and a die follows at once, s.</summary>
    private const double ClockFollowsS = 1;

    /// <summary>A clock is all or nothing: so long it stays low, so that dies and coolant do not flutter with it.</summary>
    private const double ClockRestS = 4;

    // Without a coolant thermometer fans and pumps run at full and nobody knows whether that is enough.
    private const double BlindCapAfterS = 3;
    private const double BlindShare = 0.85;
    private const double OffAfterPlateHotS = 8;

    /// <summary>The third rung: GPU power and, where that is not enough, clocks; first of the GPU that is too hot itself, then of all when the box cannot remove the heat.</summary>
    private static void Power(
        ref ControllerState state, in EstimatorState known, in Estimate e, ThermalSettings settings, Hazard hazard, TimeSpan now, double dt,
        ref ThermalCommands commands)
    {
        var gpus = settings.Board.Gpus;
        var share = LoopCap(ref state, in known, in e, settings, dt);
        CountLowClocks(ref state, gpus, dt);
        var plateHot = false;
        var felt = false;
        double wanted = 0;
        for (var i = 0; i < gpus.Count; i++)
        {
            var reason = new Reason(Driver.DefaultLimit);
            var limit = gpus.MaxW;
            var own = OwnCap(ref state, in known, in e, settings, i, dt);
            if (own < limit)
                (limit, reason) = (own, OwnReason(in known, in e, settings, i));

            wanted += WantsW(in known, in e, settings, i);
            if (share < limit)
            {
                (limit, reason) = (share, new(Driver.Capacity, state.CapW));
                felt |= share < gpus.MaxW - 1 && e.GpuW[i] > share - AtLimitW;
            }

            if (state.UnknownS > BlindCapAfterS && BlindShare * gpus.MaxW < limit)
                (limit, reason) = (BlindShare * gpus.MaxW, new(Driver.SensorsLost));
            if (hazard.LowLimit)
                (limit, reason) = (gpus.MinLimitW, hazard.Reason.Driver != Driver.Boot ? hazard.Reason : new(Driver.Recovery, ReleaseAfterS(in state) - state.HealthyS));
            limit = limit >= gpus.MaxW ? gpus.MaxW : Math.Floor(limit / QuantumW) * QuantumW;
            commands.GpuLimitW[i] = Math.Clamp(limit, gpus.MinLimitW, gpus.MaxW);
            commands.GpuReasons[i] = reason;
            var isClockLow = commands.GpuLowestClock[i] = IsClockLow(ref state, in known, in e, settings, i, hazard.LowLimit ? gpus.MinLimitW : own, dt);
            commands.WithheldW += WithheldW(ref state, in known, in e, settings, i, limit, isClockLow);
            if (!IsPlateHot(ref state, in known, in e, settings, i))
                continue;

            plateHot = true;
            state.PlateParks += state.Parked ? 0 : 1;
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

    /// <summary>What is held back from this GPU now, W; of a parked one what it drew before.</summary>
    private static double WithheldW(
        ref ControllerState state, in EstimatorState known, in Estimate e, ThermalSettings settings, int i, double limitW, bool isClockLow)
    {
        var most = settings.Board.Gpus.MaxW;
        ref var before = ref state.GpuBeforeParkW[i];
        if (state.Parked)
            return Math.Max(0, before - e.GpuW[i]);
        before = WantsW(in known, in e, settings, i);
        return isClockLow && e.GpuW[i] > AtWorkW ? most - e.GpuW[i] : limitW < most && e.GpuW[i] > limitW - AtLimitW ? most - limitW : 0;
    }

    /// <summary>
    /// Less than every GPU's lowest limit is what the coolant carries: as many clocks go to their lowest as make up the difference, at once, and come back one
    /// by one.
    /// </summary>
    private static void CountLowClocks(ref ControllerState state, BoardGpus gpus, double dt)
    {
        var needed = state.Capping ? (int)Math.Ceiling((gpus.Count * gpus.MinLimitW - state.CapW) / (gpus.MinLimitW - LowestClockW)) : 0;
        state.LowClocksS = needed < state.LowClocks ? state.LowClocksS + dt : 0;
        if (needed > state.LowClocks)
            state.LowClocks = Math.Min(needed, gpus.Count);
        else if (state.LowClocksS > ClockRestS)
            (state.LowClocks, state.LowClocksS) = (state.LowClocks - 1, 0);
    }

    /// <summary>
    /// Whether the clock goes to its lowest: where the lowest limit lets through too much (no flow over all plates or this one, coolant that carries less), and for a GPU
    /// that refuses the limit which its own die or the box's safety asks for. What only the others' share asks for, they make up for.
    /// </summary>
    /// <param name="ownW">Limit that this GPU must keep whatever the others do, W.</param>
    private static bool IsClockLow(
        ref ControllerState state, in EstimatorState known, in Estimate e, ThermalSettings settings, int i, double ownW, double dt)
    {
        ref var since = ref state.GpuLowClockS[i];
        var most = settings.Board.Gpus.MaxW;
        var refuses = e.Gpus[i] == GpuHealth.LimitRefused && (since > 0 ? ownW < most : ownW < e.GpuW[i] - AtLimitW);
        ref var rest = ref state.GpuClockRestS[i];
        rest = refuses ? ClockRestS : Math.Max(0, rest - dt);
        var isLow = state.LowClock || i < state.LowClocks || e.Gpus[i] == GpuHealth.PlateLost || known.Gpus[i].Lost || rest > 0;
        since = isLow ? since + dt : 0;
        return isLow;
    }
}
