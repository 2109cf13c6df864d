using Appliance.Model;

namespace Appliance.Thermal;

/// <summary>
/// How much power, when not everything can be cooled. Two limits meet: what leaves the coolant (less flow, more) and what the dies bear (more flow,
/// more). Pumps run where both are alike; each GPU gets what its own die bears, and all together what the coolant bears.
/// </summary>
public static partial class Controller
{
    private const double CapFromK = 1.25;
    private const double CapAtK = 1.5;
    private const double CapStuckAtK = 1.1;
    private const double CapTrimWPerKs = 7;
    private const double CapTrimMostW = 1500;
    private const double CapTrimWithinK = 0.3;
    private const double CapTrimStillK = 0.1;
    private const double CapStillK = 0.12;
    private const double CapStillOverK = 0.12;
    private const double CapStillLostPerS = -4;
    private const double CapStillFromS = 20;
    private const double CapStillOverS = 40;
    private const double CapGainWPerK = 600;
    private const double CapTauS = 4;
    private const int FlowHalvings = 9;
    private const double DeepAtW = 5;
    private const double DeepUpS = 10;
    private const double DeepHotS = 2;
    private const double DeepDownS = 60;
    private const double DeepBelowK = 0.5;
    private const double CapTrimHeldK = 1;

    /// <summary>Well above the top what is already on its way must be made up for; hence more than what holds a level.</summary>
    private const double CapCrisisK = 0.15;
    private const double CapCrisisGainWPerK = 2500;
    private const double ComingTauS = 1.5;

    /// <summary>Where a die is held that would be hotter at full power than where holding begins: between whole degrees it is known to a quarter.</summary>
    private const double HoldMarginK = 1.5;
    private const double HoldFromK = 1.05;
    private const double LetGoMarginK = 1.15;
    private const double HoldPerS = 4;
    private const double HoldDownPerS = 20;
    private const double HoldNearW = 10;
    private const double LastMarginK = 0.8;
    private const double CalmK = 0.3;
    private const double RunawayWPerKs = 100;

    /// <summary>
    /// The least flow at which the dies bear all that the coolant can carry away. Less would leave coolant unused, more would heat the coolant.
    /// </summary>
    private static double ForMostPower(
        ref ControllerState state, in EstimatorState known, in Estimate e, ThermalSettings settings, double most, double otherwiseLMin, double dt)
    {
        state.FlowMostLMin = known.PumpGain * settings.DesignFlowLMin(1, Math.Max(e.PumpsAlive, 1)) * (1 - e.PumpMissing);
        if (state.Shortage <= 0)
        {
            state.ShortLMin = state.Deep = 0;
            return otherwiseLMin;
        }

        // First as little as leaves every die its whole power, and less only as far as the coolant proves too hot even so. What is coming is too
        // hot all the same: no more flow than the power that is left needs.
        var top = CapTopC(in state, in e, settings);
        var hot = state.Capping && state.ComingC > top + CapCrisisK;
        var whole = LeastLMin(in state, in known, in e, settings, most, state.FlowMostLMin, carriedMostW: null);
        var alike = LeastLMin(in state, in known, in e, settings, most, whole, hot ? state.CapW : double.MaxValue);
        var bound = state.Capping && state.CapW < WantsW(in known, in e, settings) - DeepAtW;
        state.Deep = Math.Clamp(state.Deep + (hot ? dt / DeepHotS : bound ? dt / DeepUpS : state.ComingC < top - DeepBelowK ? -dt / DeepDownS : 0), 0, 1);
        var flow = whole + (alike - whole) * state.Deep;

        // More flow flushes the hot coolant behind the plates through the exchanger: slowly. Dies are held by their power meanwhile, but for one
        // that does not obey.
        var from = state.ShortLMin == 0 ? Math.Min(flow, state.FlowAheadLMin) : state.ShortLMin;
        state.ShortLMin = Math.Min(
            from + (flow - from) * Math.Min(1, dt / ShortTauS), from + (Refused(in e, settings.Board.Gpus.Count) ? 1 : ShortUpLMinPerS) * dt);
        return otherwiseLMin + (state.ShortLMin - otherwiseLMin) * state.Shortage;
    }

    /// <summary>Least flow up to <paramref name="highLMin"/> at which the dies bear all that is wanted, or what the coolant carries at that flow.</summary>
    /// <param name="carriedMostW">Null: all that is wanted; else no more than this of what the coolant carries.</param>
    private static double LeastLMin(
        in ControllerState state, in EstimatorState known, in Estimate e, ThermalSettings settings, double most, double highLMin, double? carriedMostW)
    {
        var top = CapTopC(in state, in e, settings);
        double low = settings.MinPump * state.FlowMostLMin, high = highLMin;
        for (var k = 0; k < FlowHalvings; k++)
        {
            var mid = 0.5 * (low + high);
            var power = carriedMostW is { } limit ? Math.Min(RemovableW(top, most, mid, in known, in e, settings) + state.CapTrimW, limit) : double.MaxValue;
            if (DiesBear(top, mid, power, in known, in e, settings))
                high = mid;
            else
                low = mid;
        }

        return high;
    }

    private static bool Refused(in Estimate e, int gpus)
    {
        for (var i = 0; i < gpus; i++)
        {
            if (e.Gpus[i] is GpuHealth.LimitRefused)
                return true;
        }

        return false;
    }

    /// <summary>Whether the dies bear this power, or all that is wanted if that is less, with this coolant and flow.</summary>
    private static bool DiesBear(
        double supplyC, double flowLMin, double capW, in EstimatorState known, in Estimate e, ThermalSettings settings)
    {
        var gpus = settings.Board.Gpus;
        var kPerW = settings.Model.GpuKPerW(flowLMin / gpus.Count);
        double sum = 0, wanted = 0;
        for (var i = 0; i < gpus.Count; i++)
        {
            var wants = WantsW(in known, in e, settings, i);
            var bears = DieBearsW(supplyC, kPerW, in known.Gpus[i], settings, HoldMarginK);
            if (e.Gpus[i] is GpuHealth.LimitRefused && bears < e.GpuW[i])
                return false;
            wanted += wants;
            sum += Math.Min(wants, bears);
        }

        return sum >= Math.Min(capW, wanted) - 1;
    }

    private static double DieBearsW(double supplyC, double kPerW, in GpuTrack gpu, ThermalSettings settings, double marginK) =>
        Math.Max(0, (settings.Board.Gpus.ThrottleC - marginK - supplyC - gpu.OffsetK) / (gpu.Rho * kPerW));

    private static double WantsW(in EstimatorState known, in Estimate e, ThermalSettings settings)
    {
        double sum = 0;
        for (var i = 0; i < settings.Board.Gpus.Count; i++)
            sum += WantsW(in known, in e, settings, i);
        return sum;
    }

    /// <summary>At its limit, or at work with its clock held, nobody knows what a GPU would draw: up to everything.</summary>
    private static double WantsW(in EstimatorState known, in Estimate e, ThermalSettings settings, int i) =>
        e.GpuW[i] > known.Gpus[i].CommandedLimitW - AtLimitW || (known.Gpus[i].CommandedLowClock && e.GpuW[i] > AtWorkW) ? settings.Board.Gpus.MaxW : e.GpuW[i];

    /// <summary>A die near its limit, or a plate that lost its flow: this GPU alone is held back, and let go after a healthy minute.</summary>
    private static double OwnCap(ref ControllerState state, in EstimatorState known, in Estimate e, ThermalSettings settings, int i, double dt)
    {
        var gpus = settings.Board.Gpus;
        ref readonly var gpu = ref known.Gpus[i];
        ref var cap = ref state.GpuCapW[i];
        ref var healthy = ref state.GpuHealthyS[i];
        var margin = gpus.ThrottleC - (e.GpuC[i].Value ?? double.MinValue);

        var calm = gpu.OffsetK - gpu.OffsetSlowK < CalmK;
        if (e.Gpus[i] == GpuHealth.PlateLost || gpu.Lost || gpu.BlindS > BlindDieCapAfterS || margin < 0.5)
        {
            cap = gpus.MinLimitW;
            healthy = 0;
            return cap;
        }

        if (margin < GpuMarginK && !calm)
        {
            cap = Math.Max(gpus.MinLimitW, Math.Min(cap, e.GpuW[i]) - RunawayWPerKs * (GpuMarginK - margin) * dt);
            healthy = 0;
            return cap;
        }

        healthy += dt;
        var hold = HoldW(in state, in known, in e, settings, i, cap < gpus.MaxW, gpus.ThrottleC - gpu.FineC < LastMarginK);
        if (cap > hold)
            cap = Math.Max(hold, cap - (cap > hold + HoldNearW ? HoldDownPerS : HoldPerS) * dt);
        else if (healthy > HealthyBeforeReleaseS || gpu.FallS > Estimator.FlowsAfterS)
            cap = Math.Min(hold, cap + (margin > GpuMarginK + 1 ? 20 : HoldPerS) * dt);
        return cap = Math.Min(cap, SuspectCapW(in known, in e, settings, i));
    }

    /// <summary>
    /// What this die bears for ever with the coolant as it is. Only where colder coolant and more flow are not to be had, and not before the die is
    /// nearly there.
    /// </summary>
    private static double HoldW(in ControllerState state, in EstimatorState known, in Estimate e, ThermalSettings settings, int i, bool held, bool hot)
    {
        var gpus = settings.Board.Gpus;
        var atEnd = state.Shortage > 0.5 || (state.PumpFullS > PumpFullForS && state.DieShiftK >= DieShiftMaxK - 0.01);
        if (e.SupplyC.Value is not { } supply || known.Gpus[i].FineC == 0)
            return gpus.MaxW;
        if (!hot && (!atEnd || (!held && known.Gpus[i].FineC < gpus.ThrottleC - HoldFromK)))
            return gpus.MaxW;
        var flow = Math.Max(e.FlowLMin.Value ?? e.ExpectedFlowLMin, 0.5);
        var kPerW = settings.Model.GpuKPerW(flow / gpus.Count);

        // A die that passes by on its way to where it may stand, or whose colder coolant is on its way, needs no holding.
        var ahead = state.Shortage > 0 ? supply : Math.Min(supply, settings.SetpointC - state.DieShiftK);
        if (!hot && DieBearsW(ahead, kPerW, in known.Gpus[i], settings, LetGoMarginK) >= gpus.MaxW)
            return gpus.MaxW;
        return Math.Clamp(DieBearsW(supply, kPerW, in known.Gpus[i], settings, HoldMarginK), gpus.MinLimitW, gpus.MaxW);
    }

    /// <summary>
    /// The watts that hold the coolant just below the top of its band, shared out so that who needs less leaves its share to the
    /// others. Starts only when fans are flat out and the coolant on its way is hot, so that a box which can cope is never capped.
    /// </summary>
    /// <remarks>
    /// What the model says leaves for ever at the top, plus what the loop may still swallow or has swallowed too much (proportional to what is
    /// coming), plus a slow trim that makes up for the model's error: the supply comes to rest at the top without a swing.
    /// </remarks>
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

        // A valve known to stick will not let through what is drawn: what that makes of the coolant need not be waited for.
        var never = e.ValveHeld && RemovableW(settings.SetpointC + CapFromK, most, state.FlowAheadLMin, in known, in e, settings) < e.HeatW;
        if (!state.Capping && flatOut && (never || coming > settings.SetpointC + CapFromK))
        {
            state.Capping = true;
            state.CapSlowW = all;
        }

        if (!state.Capping)
            return gpus.MaxW;

        // Where nothing moves any more the part of the band that was kept for surprises is given back.
        var still = Math.Abs(coming - state.ComingSlowC) < CapTrimStillK;
        state.CapStillS = Math.Clamp(state.CapStillS + (still && coming < CapTopC(in state, in e, settings) + CapStillOverK ? dt : CapStillLostPerS * dt), 0, CapStillFromS + CapStillOverS);
        var topC = CapTopC(in state, in e, settings);
        var below = topC - coming;
        var slack = below < CapTrimHeldK
            && (state.CapW < WantsW(in known, in e, settings) - DeepAtW || (state.FlowAheadLMin < 0.97 * state.FlowMostLMin && Held(in state, gpus)));

        // Only what stays is the model's error: of a hot slug that passes nothing is to be remembered.
        if ((below < CapTrimWithinK || slack) && still)
            state.CapTrimW = Math.Clamp(state.CapTrimW + CapTrimWPerKs * below * dt, -CapTrimMostW, CapTrimMostW);
        var crisis = Math.Max(0, -below - CapCrisisK);
        var cap = RemovableW(topC, most, state.FlowAheadLMin, in known, in e, settings)
            + CapGainWPerK * (below + crisis) - CapCrisisGainWPerK * crisis + state.CapTrimW;
        cap = Math.Clamp(cap, gpus.Count * LowestClockW, all);
        state.CapSlowW += (cap - state.CapSlowW) * (crisis > 0 ? 1 : Math.Min(1, dt / CapTauS));
        state.CapW = state.CapSlowW;
        var share = Share(in state, in e, state.CapW, gpus.Count);
        state.CapHealthyS = coming < settings.SetpointC + 0.6 && share >= gpus.MaxW - 1 ? state.CapHealthyS + dt : 0;
        if (state.CapHealthyS > 30)
        {
            state.Capping = false;
            state.CapHealthyS = state.CapStillS = 0;
            state.CapTrimW = 0;
            return gpus.MaxW;
        }

        return share;
    }

    /// <summary>What the coolant is let rise to while power is limited: less where a stuck valve's water is all that is known of the cooling.</summary>
    private static double CapTopC(in ControllerState state, in Estimate e, ThermalSettings settings) =>
        settings.SetpointC + (e.ValveHeld ? CapStuckAtK : CapAtK + CapStillK * Math.Max(0, state.CapStillS - CapStillFromS) / CapStillOverS);

    /// <summary>A die is what limits now: coolant that stays below its top means that it can carry more than foretold.</summary>
    private static bool Held(in ControllerState state, BoardGpus gpus)
    {
        for (var i = 0; i < gpus.Count; i++)
        {
            if (state.GpuCapW[i] < gpus.MaxW)
                return true;
        }

        return false;
    }

    /// <summary>
    /// Level to which everybody may fill up so that the sum is the cap. Who draws less, or is held back by its own die, leaves its share to the
    /// others; who does not obey keeps what it draws, and the others make up for it.
    /// </summary>
    private static double Share(in ControllerState state, in Estimate e, double capW, int count)
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
                else if (state.GpuCapW[i] < level)
                    below += Math.Min(state.GpuCapW[i], e.GpuW[i] + AtLimitW);
                else if (e.GpuW[i] < level - AtLimitW)
                    below += e.GpuW[i] + AtLimitW;
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
