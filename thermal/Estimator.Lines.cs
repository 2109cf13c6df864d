using Appliance.Model;

namespace Appliance.Thermal;

public static partial class Estimator
{
    private const double LineDebounceS = 0.15;
    private const double RopeConfirmS = 2;

    /// <summary>
    /// Leaks: two detectors, or one intact rope that stays wet, confirm and latch. A rope with a broken wire is a fault, not a leak.
    /// Silence never dries a latch.
    /// </summary>
    private static void Lines(
        ref EstimatorState state, ThermalInput input, ThermalSettings settings, double dt, ref Estimate e, ref ConditionList conditions)
    {
        if (input.ResetLatches)
            state.LeakLatched = false;
        int wet = 0, soaked = 0, first = 0;
        for (var i = 0; i < input.Lines.Length; i++)
        {
            ref var track = ref state.Lines[i];
            var about = settings.Board.Lines[i];
            if (input.Lines[i].IsGood)
                track.OnS = input.Lines[i].Value!.Value ? track.OnS + dt : 0;
            var on = track.OnS > LineDebounceS;
            switch (about.Kind)
            {
                case "leak_rope" or "leak_spot" when on:
                    if (wet++ == 0)
                        first = i;
                    if (about.Kind == "leak_rope" && track.OnS > RopeConfirmS && !WireBroken(ref state, settings, about.Name))
                        soaked++;
                    break;
                case "leak_wire" when on:
                    conditions.Add(new(ConditionCode.LeakWireBroken, TargetKind.Line, i));
                    break;
                case "valve" when about.Output && input.Lines[i].IsGood:
                    track.OffS = input.Lines[i].Value!.Value == state.CloseValve ? 0 : track.OffS + dt;
                    if (track.OffS > 1)
                        conditions.Add(new(ConditionCode.ValveMismatch, TargetKind.Line, i, state.CloseValve ? 0 : 1, state.CloseValve ? 1 : 0));
                    break;
                case "dehumidifier" or "humidifier" when about.Output && input.Lines[i].IsGood:
                    var asked = about.Kind == "dehumidifier" ? state.Dehumidify : state.Humidify;
                    track.OffS = input.Lines[i].Value!.Value == asked ? 0 : track.OffS + dt;
                    e.LineRefused[i] = track.OffS > 1;
                    break;
                case "level_low" when track.OnS > 1:
                    conditions.Add(new(ConditionCode.LevelLow, TargetKind.Line, i, e.LevelPercent.Value ?? 0, ThermalSettings.LevelAlarmPercent));
                    break;
            }
        }

        var falling = LevelFalls(ref state, dt, in e);
        if (wet >= 2 || soaked >= 1 || (wet == 1 && falling))
            state.LeakLatched = true;
        e.Leak = state.LeakLatched ? LeakState.Confirmed : wet > 0 ? LeakState.Suspected : LeakState.Dry;
        if (e.Leak == LeakState.Confirmed)
            conditions.Add(new(ConditionCode.LeakConfirmed, wet > 0 ? TargetKind.Line : TargetKind.Loop, first));
        else if (e.Leak == LeakState.Suspected)
            conditions.Add(new(ConditionCode.LeakSuspected, TargetKind.Line, first));
    }

    private static bool WireBroken(ref EstimatorState state, ThermalSettings settings, string rope)
    {
        var wire = settings.WireOf(rope);
        return wire >= 0 && state.Lines[wire].OnS > LineDebounceS;
    }

    private static bool LevelFalls(ref EstimatorState state, double dt, in Estimate e)
    {
        if (e.LevelPercent.Value is not { } level)
            return false;
        if (state.LevelSlow == 0)
            state.LevelSlow = level;
        state.LevelSlow += (level - state.LevelSlow) * dt / 60;
        return level < state.LevelSlow - 1.5;
    }
}
