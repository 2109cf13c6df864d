using Appliance.Model;

namespace Appliance.Thermal;

public static partial class Estimator
{
    private const double FlowNoneAfterS = 0.3;
    private const double FlowDisagree = 0.15;

    /// <summary>
    /// Two meters, the pumps' speeds and the energy balance: a meter that contradicts the other two is out. No flow is believed when
    /// every meter that works says so; one zero beside a normal reading is a broken meter, not a stopped loop, unless the flow switch says the same.
    /// </summary>
    private static void Flow(
        ref EstimatorState state, ThermalSettings settings, TimeSpan now, double dt, ref Estimate e, ref ConditionList conditions)
    {
        PumpMissing(ref state, settings, dt, ref e);
        var expected = e.ExpectedFlowLMin;
        var balance = BalanceFlow(ref state, settings, ref e);
        double sum = 0, jitter = 0;
        var n = 0;
        Span<double> good = stackalloc double[Limits.Sensors];
        foreach (var i in settings.Flow)
        {
            if (e.Sensors[i] is not Quality.Good)
                continue;
            good[n++] = state.Sensors[i].Last;
            sum += state.Sensors[i].Last;
            jitter = Math.Max(jitter, state.Sensors[i].JitterK);
        }

        if (n == 0)
        {
            e.FlowLMin = Reading<double>.Suspect(balance ?? expected, now);
            e.Flow = FlowState.Unknown;
        }
        else
        {
            var flow = sum / n;
            if (n >= 2)
            {
                var slow0 = state.Sensors[settings.Flow[0]].Slow;
                var slow1 = state.Sensors[settings.Flow[1]].Slow;
                if (Math.Abs(slow0 - slow1) > FlowDisagree * Math.Max(Math.Max(slow0, slow1), 1))
                    flow = Referee(ref state, settings, ref e, dt, SwitchPulls(in state, settings) ? 0 : balance ?? expected, ref conditions);
            }

            e.FlowLMin = Reading<double>.Good(flow, now);
        }

        var value = e.FlowLMin.Value ?? 0;
        state.FlowLMin = value;
        state.FlowSlow += (value - state.FlowSlow) * Math.Min(1, dt / 20);
        state.FlowSteadyS = Math.Abs(value - state.FlowSlow) < 0.03 * value + 0.05 ? state.FlowSteadyS + dt : 0;
        LearnPumpGain(ref state, settings, dt, value, expected, e.Flow);
        Judge(ref state, dt, value, expected, n, ref e, ref conditions);
        if (n > 0 && jitter > 0.25 && value > 0.5)
            conditions.Add(new(ConditionCode.FlowNoisy, TargetKind.Loop, 0, jitter, 0.25));
    }

    /// <summary>Flow that the heat and the temperature rise imply; null when the rise is too small to tell.</summary>
    private static double? BalanceFlow(ref EstimatorState state, ThermalSettings settings, ref Estimate e)
    {
        if (e.SupplyC is not { IsGood: true, Value: { } supply } || e.ReturnC is not { IsGood: true, Value: { } back } || back - supply < 2)
            return null;
        double drawn = 0;
        for (var i = 0; i < settings.Board.Gpus.Count; i++)
        {
            if (state.Gpus[i].SteadyS < 30)
                return null;
            drawn += state.Gpus[i].PlateW;
        }

        return drawn / (back - supply) / settings.Model.Design.CoolantJPerLK * 60;
    }

    /// <summary>A witness only where two meters disagree: with the one that reads less it is two against one, and alone it decides nothing.</summary>
    private static bool SwitchPulls(in EstimatorState state, ThermalSettings settings) =>
        settings.FlowSwitch >= 0 && state.Lines[settings.FlowSwitch].OnS > LineDebounceS;

    private static double Referee(
        ref EstimatorState state, ThermalSettings settings, ref Estimate e, double dt, double truth, ref ConditionList conditions)
    {
        var best = -1;
        foreach (var i in settings.Flow)
        {
            if (e.Sensors[i] is Quality.Good && (best < 0 || Math.Abs(state.Sensors[i].Slow - truth) < Math.Abs(state.Sensors[best].Slow - truth)))
                best = i;
        }

        foreach (var i in settings.Flow)
        {
            if (i == best || e.Sensors[i] is not Quality.Good)
                continue;
            state.Sensors[i].DisagreeS = Math.Min(state.Sensors[i].DisagreeS + dt, 10);
            if (state.Sensors[i].DisagreeS <= DisagreeAfterS)
                continue;
            conditions.Add(new(
                ConditionCode.SensorDisagrees, TargetKind.Sensor, i, Math.Abs(state.Sensors[i].Slow - state.Sensors[best].Slow), FlowDisagree * truth));
            e.Sensors[i] = Quality.Suspect;
        }

        return state.Sensors[best].Last;
    }

    private static void LearnPumpGain(ref EstimatorState state, ThermalSettings settings, double dt, double flow, double expected, FlowState judged)
    {
        var design = expected / state.PumpGain;
        var steady = design > 1.5 && flow > 0.6 * expected && judged is not FlowState.None;
        for (var i = 0; i < settings.Board.Pumps.Count; i++)
            steady &= Math.Abs(state.Pumps[i].Fast - state.Pumps[i].Slow) < 0.02 && state.Pumps[i].StalledS == 0;
        state.PumpSteadyS = steady ? state.PumpSteadyS + dt : 0;
        if (state.PumpSteadyS > 3)
            state.PumpGain = Math.Clamp(state.PumpGain + (flow / design - state.PumpGain) * dt / (state.PumpSteadyS < 30 ? 5 : 120), 0.4, 2);
    }

    private static void Judge(
        ref EstimatorState state, double dt, double flow, double expected, int meters, ref Estimate e, ref ConditionList conditions)
    {
        var stalled = e.PumpsAlive == 0 && expected < 0.3;
        var none = meters > 0 && flow < Math.Max(0.25 * e.CommandedFlowLMin, 0.3);
        none |= meters == 0 && stalled;
        state.FlowNoneS = none ? state.FlowNoneS + dt : 0;
        state.FlowLowS = meters > 0 && expected > 1.5 && flow < 0.7 * expected ? state.FlowLowS + dt : 0;
        if (meters > 0 || stalled)
            e.Flow = FlowState.Ok;
        if (state.FlowLowS > 2)
        {
            e.Flow = FlowState.Low;
            conditions.Add(new(ConditionCode.FlowLow, TargetKind.Loop, 0, flow, expected));
        }

        if (state.FlowNoneS <= FlowNoneAfterS)
            return;
        e.Flow = FlowState.None;
        conditions.Add(new(ConditionCode.FlowNone, TargetKind.Loop, 0, flow, expected));
        for (var i = 0; i < Limits.Pumps; i++)
        {
            if (e.Pumps[i] == RotorHealth.Ok && state.Pumps[i].Speed > 0.2)
                conditions.Add(new(ConditionCode.PumpWithoutFlow, TargetKind.Pump, i, 0, flow));
        }
    }
}
