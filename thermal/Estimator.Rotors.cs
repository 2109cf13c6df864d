using Appliance.Model;

namespace Appliance.Thermal;

public static partial class Estimator
{
    private const double StallAfterS = 1.6;
    private const double SlowAfterS = 3;
    private const double MismatchAfterS = 1;

    private static void Rotors(
        ref EstimatorState state, ThermalInput input, ThermalSettings settings, double dt, ref Estimate e, ref ConditionList conditions)
    {
        var board = settings.Board;
        double air = 0;
        for (var i = 0; i < board.Fans.Count; i++)
        {
            e.Fans[i] = Rotor(ref state.Fans[i], in input.Fans[i], board.Fans[i].MaxRpm, settings.Model.Design.FanLagS, dt, TargetKind.Fan, i, ref conditions);
            if (Turns(e.Fans[i]))
            {
                e.FansAlive++;
                air += state.Fans[i].Speed;
            }
        }

        e.AirFraction = e.FansAlive == 0 ? 0 : air / e.FansAlive * settings.AirShare(e.FansAlive);
        double most = 0, sum = 0, asked = 0, askedSum = 0;
        for (var i = 0; i < board.Pumps.Count; i++)
        {
            e.Pumps[i] = Rotor(
                ref state.Pumps[i], in input.Pumps[i], board.Pumps[i].MaxRpm, settings.Model.Design.PumpTauS, dt, TargetKind.Pump, i, ref conditions);
            var speed = state.Pumps[i].Speed;
            if (Turns(e.Pumps[i]))
                e.PumpsAlive++;
            else
                speed = 0;
            most = Math.Max(most, speed);
            sum += speed;
            var meant = Math.Min(state.Pumps[i].Fast, state.Pumps[i].Slow);
            asked = Math.Max(asked, meant);
            askedSum += meant;
            var least = state.Pumps[i].Low;
            e.PumpsFailing |= least > 0.15 && input.Pumps[i].Rpm.Value < 0.6 * least * board.Pumps[i].MaxRpm;
        }

        e.CommandedFlowLMin = state.PumpGain * settings.DesignFlowLMin(asked, askedSum);
        e.ExpectedFlowLMin = state.PumpGain * settings.DesignFlowLMin(most, sum);
    }

    internal static bool Turns(RotorHealth health) => health is RotorHealth.Ok or RotorHealth.Slow or RotorHealth.TachLost or RotorHealth.NotObeying;

    private static RotorHealth Rotor(
        ref RotorTrack track, in RotorInput input, double maxRpm, double tauS, double dt, TargetKind kind, int index, ref ConditionList conditions)
    {
        var fan = kind == TargetKind.Fan;
        var duty = input.ReadBack.IsGood ? input.ReadBack.Value!.Value.Fraction : track.Commanded.Fraction;
        if (!track.Known)
        {
            (track.Fast, track.Slow, track.Known) = (duty, duty, true);
            track.Commanded = input.ReadBack.Value ?? Duty.Full;
        }

        track.Fast += (duty - track.Fast) * Math.Min(1, dt / (0.5 * tauS));
        track.Slow += (duty - track.Slow) * Math.Min(1, dt / (2.5 * tauS + 0.7));
        var low = Math.Min(Math.Min(track.Fast, track.Slow), duty);
        var high = Math.Max(Math.Max(track.Fast, track.Slow), duty);
        track.Held.Widen(ref low, ref high, input.TachHoldS, dt);
        track.Low = low;

        track.WriteFailedS = input.WriteFailed ? track.WriteFailedS + dt : 0;
        if (track.WriteFailedS > 1)
            conditions.Add(new(fan ? ConditionCode.FanWriteFailed : ConditionCode.PumpWriteFailed, kind, index));
        var differs = input.ReadBack.IsGood && Math.Abs(duty - track.Commanded.Fraction) > 0.02;
        track.MismatchS = Math.Clamp(track.MismatchS + (differs ? 5 * dt : -0.25 * dt), 0, 3);
        if (track.MismatchS > MismatchAfterS)
            conditions.Add(new(fan ? ConditionCode.FanNotObeying : ConditionCode.PumpNotObeying, kind, index, 100 * duty, track.Commanded.Fraction * 100));

        if (input.Rpm.Value is not { } rpm)
        {
            track.SilentS += dt;
            track.StalledS = track.OffS = 0;
            track.Speed = track.Slow;
            if (track.SilentS <= 1)
                return RotorHealth.Unknown;
            conditions.Add(new(fan ? ConditionCode.FanTachLost : ConditionCode.PumpTachLost, kind, index));
            return RotorHealth.TachLost;
        }

        track.SilentS = 0;
        var speed = rpm / maxRpm;
        track.Speed = Math.Clamp(speed, 0, 1.1);

        // The tachometer's window is a second long: follow the duty within it. Of an older look only its distance from the duty of then is news.
        if (low - speed < 0.05 && speed - high < 0.05)
        {
            track.Speed = input.TachHoldS > 0
                ? Math.Clamp(track.Fast, Math.Max(0, speed + track.Fast - high), Math.Max(0, speed + track.Fast - low))
                : Math.Clamp(track.Fast, Math.Min(speed, high), Math.Max(speed, low));
        }

        track.StalledS = low > 0.05 && speed < 0.15 * low ? track.StalledS + dt : 0;
        track.OffS = speed < 0.85 * low - 0.03 || speed > 1.15 * high + 0.05 ? track.OffS + dt : 0;
        if (track.StalledS > StallAfterS + input.TachHoldS)
        {
            conditions.Add(new(fan ? ConditionCode.FanStalled : ConditionCode.PumpStalled, kind, index, rpm, low * maxRpm));
            return RotorHealth.Stalled;
        }

        if (track.OffS > SlowAfterS + input.TachHoldS)
        {
            conditions.Add(new(fan ? ConditionCode.FanSlow : ConditionCode.PumpSlow, kind, index, rpm, duty * maxRpm));
            return RotorHealth.Slow;
        }

        return track.MismatchS > MismatchAfterS ? RotorHealth.NotObeying : RotorHealth.Ok;
    }
}
