using Appliance.Model;

namespace Appliance.Thermal;

public static partial class Estimator
{
    private const double GpuFreshS = 2;
    private const double BlindToldAfterS = 2;
    private const double PlateSuspectK = 4.5;
    private const double PlateLostK = 2.5;
    internal const double FlowsAfterS = 1;
    private const double FlowsForgottenS = 300;

    /// <summary>How much faster than the design says a plate may warm.</summary>
    private const double PlateRises = 2;

    /// <summary>How wrong the die's own part in a fall of power may be.</summary>
    private const double FallDoubt = 0.5;
    private const double PlateFellK = 1.5;
    private const double PowerDownW = 15;
    private const double PowerDownS = 1;
    private const double PlateLostPerS = 0.4;

    /// <summary>How wrong the plate's answer to a power that still moves may be, as a share of the rise.</summary>
    private const double PlateDoubt = 0.35;
    private const double ResidualSlowS = 4;
    private const double OffsetSlowS = 5;

    // Idle dies stand a few kelvin over the coolant: read in whole degrees, all alike, they are good to one of them only.
    private const double CommonBiasK = 1.3;
    private const double CommonBiasIdleK = 2.2;
    private const double LearnRhoFromW = 150;
    private const double RhoKnownS = 60;

    // How far a plate is from where it will stand while a reading tells as much of its way as of its resistance, and when it has arrived.
    private const double OnItsWayK = 1;
    private const double ArrivedK = 0.25;

    private const double RhoTauS = 40;
    private const double RhoWellKnownS = 300;
    private const double RelearnShare = 0.1;

    /// <summary>What fades and is contradicted again and again by what is read does not fade.</summary>
    private const double FadesBelowK = 0.3;

    /// <summary>How well a die is known that nobody saw step from one whole degree to the next.</summary>
    internal const double ReadingDoubtK = 1;
    private const double StepLeaves = 0.4;
    private const double DoubtTauS = 200;

    private static void GpuPower(
        ref EstimatorState state, ThermalInput input, ThermalSettings settings, TimeSpan now, double dt, ref Estimate e, ref ConditionList conditions)
    {
        for (var i = 0; i < input.Gpus.Length; i++)
        {
            ref var track = ref state.Gpus[i];
            ref readonly var gpu = ref input.Gpus[i];
            var fresh = gpu.PowerW.IsGood && gpu.PowerW.Age(now).TotalSeconds <= GpuFreshS;
            var watts = gpu.Lost ? 0 : fresh ? Math.Max(gpu.PowerW.Value!.Value, 0) : settings.Board.Gpus.MaxW;
            track.UnreadableS = gpu.Lost || fresh ? 0 : track.UnreadableS + dt;
            e.Gpus[i] = GpuHealth.Ok;
            if (gpu.Lost)
            {
                e.Gpus[i] = GpuHealth.Lost;
                conditions.Add(new(ConditionCode.GpuLost, TargetKind.Gpu, i));
            }
            else if (!fresh)
            {
                e.Gpus[i] = GpuHealth.Unreadable;
                conditions.Add(new(ConditionCode.GpuUnreadable, TargetKind.Gpu, i, watts));
            }

            // Half a second without an answer is a busy driver; after that the GPU counts as fully loaded.
            e.GpuW[i] = !fresh && !gpu.Lost && track.UnreadableS < 0.5 && state.Started ? track.LastW : watts;
            e.HeatW += e.GpuW[i];
            if (!state.Started)
                track.SlowW = track.PlateW = watts;
            track.SteadyS = Math.Abs(e.GpuW[i] - track.SlowW) < 0.08 * track.SlowW + 12 ? track.SteadyS + dt : 0;
            track.SlowW += (e.GpuW[i] - track.SlowW) * Math.Min(1, dt / 10);
            track.PlateW += (e.GpuW[i] - track.PlateW) * Math.Min(1, dt / settings.Model.Design.PlateTauS);

            // What was unexplained at the power of before (a biased sensor, a fraction of a degree) says little of another, whose resistance is known.
            if (track.RhoS >= RhoKnownS)
                track.OffsetK *= 1 - Math.Min(1, Math.Abs(e.GpuW[i] - track.LastW) / settings.Board.Gpus.MaxW);
            track.LastW = e.GpuW[i];
            var refused = fresh && gpu.LimitW.IsGood && track.CommandedLimitW > 0 && gpu.LimitW.Value!.Value > track.CommandedLimitW + 5;
            track.LimitOffS = refused ? track.LimitOffS + dt : 0;
            track.ClockOffS = fresh && gpu.ClockRefused && track.CommandedLowClock ? track.ClockOffS + dt : 0;
            if (track.LimitOffS <= 1)
            {
                if (track.ClockOffS > 1)
                    conditions.Add(new(ConditionCode.GpuLimitRefused, TargetKind.Gpu, i, watts));
                continue;
            }

            e.Gpus[i] = GpuHealth.LimitRefused;
            conditions.Add(new(ConditionCode.GpuLimitRefused, TargetKind.Gpu, i, gpu.LimitW.Value!.Value, track.CommandedLimitW));
        }
    }

    /// <summary>
    /// Dies against what their power and the coolant explain: a plate that lost its flow shows within seconds, a resistance that
    /// creeps is learnt, and eight dies together are a thermometer no coolant sensor can outvote.
    /// </summary>
    private static void GpuTemperatures(
        ref EstimatorState state, ThermalInput input, ThermalSettings settings, TimeSpan now, double dt, ref Estimate e, ref ConditionList conditions)
    {
        var flow = Math.Max((e.FlowLMin.Value ?? e.ExpectedFlowLMin) / input.Gpus.Length, 0.05);
        var design = settings.Model.Design;
        var total = settings.Model.GpuKPerW(flow);

        // A plate holds heat, and pumps that rise cool it no faster than it lets go of it. Without flow it warms no faster
        // than its power lets it: meters that read nothing for a moment must not hide what a plate does in the next minute.
        state.PlatesKPerW = !state.Started ? total : total < state.PlatesKPerW
            ? state.PlatesKPerW + (total - state.PlatesKPerW) * Math.Min(1, dt / design.PlateTauS)
            : Math.Min(total, state.PlatesKPerW + PlateRises * (settings.Model.GpuKPerW(design.NominalGpuLMin) - design.DieKPerW) * dt / design.PlateTauS);
        var others = CommonResidual(in state, in e, input.Gpus.Length);
        double common = 0, hottest = double.MinValue;
        var n = 0;
        for (var i = 0; i < input.Gpus.Length; i++)
        {
            ref var track = ref state.Gpus[i];
            ref readonly var gpu = ref input.Gpus[i];
            if (gpu.Lost || e.Gpus[i] == GpuHealth.Unreadable)
            {
                (track.FineC, track.BlindS) = (0, 0);
                continue;
            }

            if (gpu.TemperatureC is not { IsGood: true, Value: { } die } || gpu.TemperatureC.Age(now).TotalSeconds > GpuFreshS)
            {
                Blind(ref track, dt, i, ref e, ref conditions);
                continue;
            }

            track.BlindS = 0;
            e.GpuC[i] = gpu.TemperatureC;
            hottest = Math.Max(hottest, die);
            if (gpu.MarginK.IsGood && gpu.MarginK.Value!.Value < 3)
                conditions.Add(new(ConditionCode.GpuHot, TargetKind.Gpu, i, die, settings.Board.Gpus.ThrottleC));
            if (e.SupplyC.Value is not { } supply)
                continue;
            if (track.FineC == 0)
            {
                // A hot slug on restart: the plate is as hot as the die says, whatever the GPU draws at this moment.
                var plate = ((die - supply) / track.Rho - design.DieKPerW * e.GpuW[i]) / (total - design.DieKPerW);
                track.PlateW = Math.Clamp(plate, 0, 1.2 * settings.Board.Gpus.MaxW);
            }

            var over = track.Rho * (design.DieKPerW * e.GpuW[i] + (total - design.DieKPerW) * track.PlateW);
            var residual = die - supply - over;
            track.ResidualK += (residual - track.ResidualK) * Math.Min(1, dt / 1.5);
            track.ResidualSlowK += (track.ResidualK - track.ResidualSlowK) * Math.Min(1, dt / ResidualSlowS);
            var before = track.Rho;
            LearnGpu(ref state, ref track, total, dt, in e);
            Between(ref track, die, supply, track.Rho / before, settings.Model, flow, track.SteadyS > RhoKnownS && state.FlowSteadyS > RhoKnownS, dt);
            track.OffsetSlowK += (track.OffsetK - track.OffsetSlowK) * Math.Min(1, dt / OffsetSlowS);
            var held = Math.Max(0, track.Rho * (state.PlatesKPerW - total) * track.PlateW);
            JudgePlate(ref track, others, over, held, die, total, settings.Model.Design.DieKPerW, dt, i, ref e, ref conditions);
            if (track.BaseS < 60 || track.SuspectS > 0)
                continue;
            common += track.OffsetK - track.BaseK;
            n++;
        }

        if (hottest > double.MinValue)
            e.HottestGpuC = Reading<double>.Good(hottest, state.At);
        CommonBias(ref state, n > 3 ? common / n : 0, n > 3, e.HeatW > input.Gpus.Length * LearnRhoFromW ? CommonBiasK : CommonBiasIdleK, dt);
    }

    /// <summary>Power is read and the die is not: nobody would see it overheat. Not the same as a driver that is silent, which counts as full power and takes no limit either.</summary>
    private static void Blind(ref GpuTrack track, double dt, int i, ref Estimate e, ref ConditionList conditions)
    {
        track.FineC = 0;
        track.BlindS += dt;
        if (track.BlindS <= BlindToldAfterS)
            return;
        if (e.Gpus[i] == GpuHealth.Ok)
            e.Gpus[i] = GpuHealth.Unreadable;
        conditions.Add(new(ConditionCode.GpuUnreadable, TargetKind.Gpu, i, e.GpuW[i]));
    }

    /// <summary>
    /// A plate that lost its flow goes on heating at P/C, about a kelvin a second; a clogged one settles some kelvin higher, and the die's own
    /// limit is enough for it. Before the resistance was learnt the two cannot be told apart: then the worse is meant.
    /// </summary>
    /// <param name="held">Heat that pumps which have just risen have not yet taken from the plate, as K of the die.</param>
    private static void JudgePlate(
        ref GpuTrack track, double others, double over, double held, double die, double kPerW, double designDieKPerW, double dt, int i, ref Estimate e, ref ConditionList conditions)
    {
        // Before a resistance was learnt under load a third of the rise is nobody's fault.
        var limit = PlateSuspectK + (track.RhoS < 60 ? 0.45 : track.SteadyS < 60 ? 0.2 : 0) * over + held;
        var alone = track.ResidualK - Math.Max(others, 0);
        var doubt = PlateDoubt * track.Rho * (kPerW - designDieKPerW) * Math.Abs(track.LastW - track.PlateW);
        var clogged = track.FallS > FlowsAfterS ? 2 : 1;
        var slope = track.ResidualK - track.ResidualSlowK;
        var runsAway = alone > PlateLostK * clogged + doubt + held && slope > PlateLostPerS * clogged * ResidualSlowS + 0.3 * doubt;
        track.LostS = track.RhoS >= 60 && runsAway ? track.LostS + dt : Math.Max(0, track.LostS - 0.2 * dt);
        Hold(ref track, die - designDieKPerW * track.Rho * track.LastW, designDieKPerW, dt);
        track.SuspectS = track.ResidualK > limit ? track.SuspectS + dt : Math.Max(0, track.SuspectS - 0.2 * dt);
        track.SuspectS = Math.Min(track.SuspectS, 5);
        var lost = track.Lost || (track.SuspectS > 0.5 && track.RhoS < 60);
        if (!lost && track.SuspectS <= 0.5)
            return;
        if (e.Gpus[i] == GpuHealth.Ok)
            e.Gpus[i] = lost ? GpuHealth.PlateLost : GpuHealth.PlateSuspect;
        conditions.Add(new(ConditionCode.PlateSuspect, TargetKind.Gpu, i, track.ResidualK, Math.Min(limit, lost ? PlateLostK : limit)));
    }

    /// <summary>
    /// Lost until the opposite shows: with its power taken away a plate without flow still warms, one with some flow cools, by more than two
    /// whole degrees may hide. Counted from when the power is down, because how far the die falls with it is not known well enough.
    /// </summary>
    private static void Hold(ref GpuTrack track, double plateC, double designDieKPerW, double dt)
    {
        if (!track.Lost && track.LostS > 0.3)
            (track.Lost, track.FallS, track.LowS) = (true, 0, 0);
        if (!track.Lost)
        {
            // Once said to be lost in error it is said less easily, but not for ever.
            track.FlowsS = track.FallS > 0 && track.SuspectS <= 0 ? track.FlowsS + dt : 0;
            if (track.FlowsS > FlowsForgottenS)
                track.FallS = 0;
            return;
        }

        track.LostS = Math.Min(track.LostS, 1);
        track.LowS = track.LastW < track.CommandedLimitW + PowerDownW ? track.LowS + dt : 0;
        if (track.LowS < PowerDownS || plateC > track.PlateTopC)
            (track.PlateTopC, track.TopW) = (plateC, track.LastW);
        track.FallS = plateC < track.PlateTopC - PlateFellK - FallDoubt * designDieKPerW * Math.Abs(track.TopW - track.LastW) ? track.FallS + dt : 0;
        if (track.FallS > FlowsAfterS)
            (track.Lost, track.LostS) = (false, 0);
    }

    /// <summary>What all dies share is the coolant's or the flow meters' error, not a plate's: the middle of their residuals.</summary>
    private static double CommonResidual(in EstimatorState state, in Estimate e, int gpus)
    {
        Span<double> residuals = stackalloc double[Limits.Gpus];
        var n = 0;
        for (var i = 0; i < gpus; i++)
        {
            if (e.Gpus[i] is not (GpuHealth.Lost or GpuHealth.Unreadable))
                residuals[n++] = state.Gpus[i].ResidualK;
        }

        return n > 2 ? Median(residuals[..n]) : 0;
    }

    /// <summary>
    /// A reading in whole degrees says where the die is not. What was foretold moves only as far as the reading contradicts it: each step from
    /// one degree to the next is then an exact measurement, and between two of them the model interpolates.
    /// </summary>
    /// <param name="relearnt">Resistance as it is now known against what it was taken for a tick ago.</param>
    /// <param name="still">Power and flow have long been as they are.</param>
    private static void Between(ref GpuTrack track, double die, double supply, double relearnt, LoopModel model, double gpuLMin, bool still, double dt)
    {
        // What was learnt is no longer unexplained: the plate is as much hotter as the offset gets smaller, and the die stays where it was.
        var design = model.Design;
        var plateRose = track.FineC == 0 ? 0 : (track.PlateC - supply) * (relearnt - 1);
        var explained = plateRose + track.Rho * design.DieKPerW * track.LastW * (1 - 1 / relearnt);
        track.OffsetK -= explained;
        track.BaseK -= explained;

        // The plate follows power, flow and coolant alike with the heat it holds.
        var plateKPerW = model.GpuKPerW(gpuLMin) - design.DieKPerW;
        var settled = supply + track.Rho * plateKPerW * track.LastW;
        var tau = track.Rho * design.PlateTauS * plateKPerW / (model.GpuKPerW(design.NominalGpuLMin) - design.DieKPerW);
        track.PlateC = track.FineC == 0 ? supply + track.Rho * plateKPerW * track.PlateW : track.PlateC + plateRose + (settled - track.PlateC) * Math.Min(1, dt / tau);
        var foretold = track.PlateC + track.Rho * design.DieKPerW * track.LastW + track.OffsetK;
        var fine = Math.Clamp(foretold, die - 0.5, die + 0.5);

        // What contradicts while the plate is on its way tells of its way; of the resistance only when it has arrived.
        var way = Math.Abs(settled - track.PlateC);
        var toPlate = still ? 0 : way / (way + OnItsWayK) * (fine - foretold);
        track.PlateC += toPlate;
        track.OffsetK += fine - foretold - toPlate;
        if (track.SteadyS > RhoKnownS)
        {
            var stepped = Math.Abs(die - track.ReadC) == 1 && way < ArrivedK;
            track.DoubtK = stepped ? StepLeaves * track.DoubtK : Math.Min(track.DoubtK * (1 - dt / DoubtTauS) + Math.Abs(fine - foretold), ReadingDoubtK);
        }

        track.FineC = fine;
        track.ReadC = die;
    }

    private static void LearnGpu(ref EstimatorState state, ref GpuTrack track, double designKPerW, double dt, in Estimate e)
    {
        var suspicious = Math.Abs(state.CommonResidualK) > 0.5;
        var calm = Math.Abs(state.FlowLMin - state.FlowSlow) < 0.1 * state.FlowLMin && e.Flow is FlowState.Ok;
        if (track.LastW > LearnRhoFromW && track.SteadyS > 60 && calm && !suspicious && track.SuspectS <= 0)
        {
            // Whole degrees over a few kelvin at idle would teach nothing. What is learnt is what was foretold too low or too high between them:
            // of the reading itself a die at 78.5 °C would be learnt as one of 79, and never be let come nearer.
            // A resistance that is well known is not moved by what a transient left behind: that fades, and only what comes again and again is learnt.
            var settled = track.RhoS < RhoWellKnownS ? 1 : RelearnShare;
            var found = track.Rho + settled * track.OffsetK / (track.PlateW * designKPerW);
            track.Rho = Math.Clamp(track.Rho + (found - track.Rho) * dt / RhoTauS, 0.5, 2);
            track.OffsetK -= (1 - settled) * Math.Max(0, 1 - track.DoubtK / FadesBelowK) * track.OffsetK * dt / RhoTauS;
            track.RhoS = Math.Min(track.RhoS + dt, 1000);
        }

        if (track.SteadyS <= 60 || state.FlowSteadyS <= 60 || Math.Abs(state.Observer.ErrorK) > 0.8 || e.Flow is not FlowState.Ok)
        {
            // A new operating point: forget the base, keep the resistance.
            if (track.SteadyS < 1 || state.FlowSteadyS < 1)
                track.BaseS = 0;
            return;
        }

        // A drift too slow to count as a change is one all the same.
        if (track.BaseS == 0)
            (track.BaseW, track.BaseLMin) = (track.SlowW, state.FlowSlow);
        if (Math.Abs(track.SlowW - track.BaseW) > 0.05 * track.BaseW || Math.Abs(state.FlowSlow - track.BaseLMin) > 0.05 * track.BaseLMin)
        {
            track.BaseS = 0;
            return;
        }

        if (track.BaseS < 60)
            track.BaseK = track.BaseS == 0 ? track.OffsetK : track.BaseK + (track.OffsetK - track.BaseK) * Math.Min(1, dt / 15);
        else if (!suspicious)
            track.BaseK += (track.OffsetK - track.BaseK) * dt / 300;
        track.BaseS += dt;
    }

    /// <summary>
    /// All dies move against all coolant sensors: the sensors moved. Corrected upwards only, because too cold a reading would cook the box
    /// and a correction that is itself wrong must cool.
    /// </summary>
    private static void CommonBias(ref EstimatorState state, double residual, bool known, double limitK, double dt)
    {
        if (!known)
        {
            state.CommonResidualK *= 1 - Math.Min(1, dt / 30);
            state.CommonS = 0;
            return;
        }

        state.CommonResidualK += (residual - state.CommonResidualK) * Math.Min(1, dt / 8);
        state.CommonS = Math.Abs(state.CommonResidualK) > limitK ? state.CommonS + dt : 0;
        if (state.CommonS < 10)
            return;
        state.CommonCorrectionK = Math.Clamp(state.CommonCorrectionK + state.CommonResidualK, 0, 6);
        state.CommonResidualK = 0;
        state.CommonS = 0;
    }
}
