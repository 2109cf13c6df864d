using Appliance.Model;

namespace Appliance.Thermal;

public static partial class Estimator
{
    private const double GpuFreshS = 2;
    private const double PlateSuspectK = 4.5;
    private const double PlateLostK = 2.5;
    internal const double FlowsAfterS = 1;
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
            track.LastW = e.GpuW[i];
            var refused = fresh && gpu.LimitW.IsGood && track.CommandedLimitW > 0 && gpu.LimitW.Value!.Value > track.CommandedLimitW + 5;
            track.LimitOffS = refused ? track.LimitOffS + dt : 0;
            if (track.LimitOffS <= 1)
                continue;
            e.Gpus[i] = GpuHealth.LimitRefused;
            conditions.Add(new(ConditionCode.GpuLimitRefused, TargetKind.Gpu, i, gpu.LimitW.Value!.Value, track.CommandedLimitW));
        }
    }

    /// <summary>
    /// Dies against what their power and the coolant explain: a plate that lost its flow shows within seconds, a resistance that
    /// creeps is learnt, and eight dies together are a thermometer no coolant sensor can outvote.
    /// </summary>
    private static void GpuTemperatures(
        ref EstimatorState state, ThermalInput input, ThermalSettings settings, double dt, ref Estimate e, ref ConditionList conditions)
    {
        var flow = Math.Max((e.FlowLMin.Value ?? e.ExpectedFlowLMin) / input.Gpus.Length, 0.05);
        var design = settings.Model.Design;
        var total = settings.Model.GpuKPerW(flow);
        var others = CommonResidual(in state, in e, input.Gpus.Length);
        double common = 0, hottest = double.MinValue;
        var n = 0;
        for (var i = 0; i < input.Gpus.Length; i++)
        {
            ref var track = ref state.Gpus[i];
            ref readonly var gpu = ref input.Gpus[i];
            if (gpu.Lost || e.Gpus[i] == GpuHealth.Unreadable || gpu.TemperatureC is not { IsGood: true, Value: { } die })
                continue;
            e.GpuC[i] = gpu.TemperatureC;
            hottest = Math.Max(hottest, die);
            if (gpu.MarginK.IsGood && gpu.MarginK.Value!.Value < 3)
                conditions.Add(new(ConditionCode.GpuHot, TargetKind.Gpu, i, die, settings.Board.Gpus.ThrottleC));
            if (e.SupplyC.Value is not { } supply)
                continue;
            if (!state.Started)
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
            LearnGpu(ref state, ref track, die - supply, total, dt, in e);
            Between(ref track, die, supply, over * (track.Rho / before - 1), settings.Model, flow, dt);
            track.OffsetSlowK += (track.OffsetK - track.OffsetSlowK) * Math.Min(1, dt / OffsetSlowS);
            JudgePlate(ref track, others, over, die, total, settings.Model.Design.DieKPerW, dt, i, ref e, ref conditions);
            if (track.BaseS < 60 || track.SuspectS > 0)
                continue;
            common += track.OffsetK - track.BaseK;
            n++;
        }

        if (hottest > double.MinValue)
            e.HottestGpuC = Reading<double>.Good(hottest, state.At);
        CommonBias(ref state, n > 3 ? common / n : 0, n > 3, e.HeatW > input.Gpus.Length * LearnRhoFromW ? CommonBiasK : CommonBiasIdleK, dt);
    }

    /// <summary>
    /// A plate that lost its flow goes on heating at P/C, about a kelvin a second; a clogged one settles some kelvin higher, and the die's own
    /// limit is enough for it. Before the resistance was learnt the two cannot be told apart: then the worse is meant.
    /// </summary>
    private static void JudgePlate(
        ref GpuTrack track, double others, double over, double die, double kPerW, double designDieKPerW, double dt, int i, ref Estimate e, ref ConditionList conditions)
    {
        // Before a resistance was learnt under load a third of the rise is nobody's fault.
        var limit = PlateSuspectK + (track.RhoS < 60 ? 0.45 : track.SteadyS < 60 ? 0.2 : 0) * over;
        var alone = track.ResidualK - Math.Max(others, 0);
        var doubt = PlateDoubt * track.Rho * (kPerW - designDieKPerW) * Math.Abs(track.LastW - track.PlateW);
        var clogged = track.FallS > FlowsAfterS ? 2 : 1;
        var slope = track.ResidualK - track.ResidualSlowK;
        var runsAway = alone > PlateLostK * clogged + doubt && slope > PlateLostPerS * clogged * ResidualSlowS + 0.3 * doubt;
        track.LostS = track.RhoS >= 60 && runsAway ? track.LostS + dt : Math.Max(0, track.LostS - 0.2 * dt);
        Hold(ref track, die - designDieKPerW * track.Rho * track.LastW, dt);
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
    private static void Hold(ref GpuTrack track, double plateC, double dt)
    {
        if (!track.Lost && track.LostS > 0.3)
            (track.Lost, track.FallS, track.LowS) = (true, 0, 0);
        if (!track.Lost)
            return;
        track.LostS = Math.Min(track.LostS, 1);
        track.LowS = track.LastW < track.CommandedLimitW + PowerDownW ? track.LowS + dt : 0;
        track.PlateTopC = track.LowS < PowerDownS ? plateC : Math.Max(track.PlateTopC, plateC);
        track.FallS = plateC < track.PlateTopC - PlateFellK ? track.FallS + dt : 0;
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
    private static void Between(ref GpuTrack track, double die, double supply, double relearntK, LoopModel model, double gpuLMin, double dt)
    {
        track.OffsetK -= relearntK;
        track.BaseK -= relearntK;

        // The plate follows power, flow and coolant alike with the heat it holds.
        var design = model.Design;
        var plateKPerW = model.GpuKPerW(gpuLMin) - design.DieKPerW;
        var settled = supply + track.Rho * plateKPerW * track.LastW;
        var tau = track.Rho * design.PlateTauS * plateKPerW / (model.GpuKPerW(design.NominalGpuLMin) - design.DieKPerW);
        track.PlateC = track.FineC == 0 ? supply + track.Rho * plateKPerW * track.PlateW : track.PlateC + relearntK + (settled - track.PlateC) * Math.Min(1, dt / tau);
        var foretold = track.PlateC + track.Rho * design.DieKPerW * track.LastW + track.OffsetK;
        var fine = Math.Clamp(foretold, die - 0.5, die + 0.5);
        track.OffsetK += fine - foretold;
        track.FineC = fine;
    }

    private static void LearnGpu(ref EstimatorState state, ref GpuTrack track, double over, double designKPerW, double dt, in Estimate e)
    {
        var suspicious = Math.Abs(state.CommonResidualK) > 0.5;
        var calm = Math.Abs(state.FlowLMin - state.FlowSlow) < 0.1 * state.FlowLMin && e.Flow is FlowState.Ok;
        if (track.LastW > LearnRhoFromW && track.SteadyS > 60 && calm && !suspicious && track.SuspectS <= 0)
        {
            // Whole degrees over a few kelvin at idle would teach nothing; under load they are good to two percent.
            var found = over / (track.PlateW * designKPerW);
            track.Rho = Math.Clamp(track.Rho + (found - track.Rho) * dt / 40, 0.5, 2);
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
