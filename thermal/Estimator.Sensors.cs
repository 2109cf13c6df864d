using Appliance.Model;

namespace Appliance.Thermal;

public static partial class Estimator
{
    private const double LostAfterS = 1;
    private const double JumpK = 1.4;
    private const double HoldAfterJumpS = 30;

    // The mean of five steps in a row stands ten times out of the sensors' noise here; what is less is within what they are good to.
    private const double CommonJumpK = 0.35;
    private const double CommonApart = 0.9;
    private const double CommonApartMaxK = 0.6;
    private const double DisagreeK = 1.2;
    private const double DisagreeAfterS = 4;
    private const double StuckAfterS = 12;
    private const double NoisyK = 0.35;

    /// <summary>A meter at rest may read a little below its zero.</summary>
    private const double RangeSlack = 0.01;

    /// <summary>Each sensor on its own: does it answer, is it in range, does it move as physics allows, does it move at all.</summary>
    private static void CheckSensors(
        ref EstimatorState state, ThermalInput input, ThermalSettings settings, double dt, ref Estimate e, ref ConditionList conditions)
    {
        CommonJump(ref state, input, settings);
        for (var i = 0; i < input.Sensors.Length; i++)
        {
            ref var track = ref state.Sensors[i];
            var about = settings.Board.Sensors[i];
            if (input.Sensors[i] is not { IsGood: true, Value: { } raw })
            {
                track.SinceSeenS += dt;
                e.Sensors[i] = track.Seen ? Quality.Stale : Quality.Absent;
                if (track.SinceSeenS > LostAfterS)
                {
                    conditions.Add(new(ConditionCode.SensorLost, TargetKind.Sensor, i, track.SinceSeenS, LostAfterS));
                    e.Sensors[i] = Quality.Absent;
                }

                continue;
            }

            e.Sensors[i] = CheckOne(ref track, raw, about, settings.IsTemperature(i), dt, i, ref conditions);
        }
    }

    private static Quality CheckOne(
        ref SensorTrack track, double raw, BoardSensor about, bool temperature, double dt, int index, ref ConditionList conditions)
    {
        var gap = track.SinceSeenS;
        track.SinceSeenS = 0;
        var slack = RangeSlack * (about.Max - about.Min);
        if (raw < about.Min - slack || raw > about.Max + slack)
        {
            Distrust(ref track, 2, ConditionCode.SensorRange, raw, raw < about.Min ? about.Min : about.Max);
            conditions.Add(new(track.Why, TargetKind.Sensor, index, raw, track.WhyLimit));
            return Quality.Suspect;
        }

        if (!track.Seen)
        {
            (track.Last, track.Slow, track.Seen, track.ChangeIntervalS) = (raw, raw, true, 0.3);
            return Quality.Good;
        }

        var step = raw - track.Last;
        if (temperature && gap < 0.5 && Math.Abs(step) > JumpK)
            Distrust(ref track, HoldAfterJumpS, ConditionCode.SensorRate, Math.Abs(step), JumpK);
        track.JitterK += (Math.Abs(step) - track.JitterK) * Math.Min(1, dt / 3);
        if (temperature && track.JitterK > NoisyK)
            Distrust(ref track, 5, ConditionCode.SensorNoisy, track.JitterK, NoisyK);
        if (step != 0)
        {
            track.ChangeIntervalS += (Math.Min(track.SinceChangeS, LoopWaits.StuckIntervalMaxS) - track.ChangeIntervalS) * 0.05;
            track.SinceChangeS = 0;
        }

        track.SinceChangeS += dt;
        track.Last = raw;
        track.Slow += (raw - track.Slow) * Math.Min(1, dt / 2);
        var alive = about.Unit is "C" or "L/min";
        if (alive && track.SinceChangeS > Math.Max(StuckAfterS, LoopWaits.StuckIntervals * track.ChangeIntervalS) && !(about.Unit == "L/min" && raw == 0))
            Distrust(ref track, 2, ConditionCode.SensorStuck, track.SinceChangeS, StuckAfterS);
        if (track.HoldS <= 0)
            return Quality.Good;
        track.HoldS -= dt;
        conditions.Add(new(track.Why, TargetKind.Sensor, index, track.WhyValue, track.WhyLimit));
        return Quality.Suspect;
    }

    private static void Distrust(ref SensorTrack track, double holdS, ConditionCode why, double value, double limit)
    {
        track.HoldS = Math.Max(track.HoldS, holdS);
        (track.Why, track.WhyValue, track.WhyLimit) = (why, value, limit);
    }

    /// <summary>All coolant sensors cannot jump together in a tenth of a second: their converter moved, not the coolant.</summary>
    private static void CommonJump(ref EstimatorState state, ThermalInput input, ThermalSettings settings)
    {
        double sum = 0, least = double.MaxValue, most = double.MinValue;
        var n = 0;
        foreach (var i in settings.Coolant)
        {
            ref readonly var track = ref state.Sensors[i];
            if (!track.Seen || track.SinceSeenS > 0.5 || input.Sensors[i] is not { IsGood: true, Value: { } raw })
                continue;
            var step = raw - track.Last;
            sum += step;
            least = Math.Min(least, step);
            most = Math.Max(most, step);
            n++;
        }

        var jump = Math.Abs(sum / n);
        if (n < 3 || n < settings.Coolant.Length - 1 || jump < CommonJumpK || most - least > Math.Min(CommonApartMaxK, CommonApart * jump))
            return;
        state.CommonOffsetK += sum / n;
        foreach (var i in settings.Coolant)
        {
            ref var track = ref state.Sensors[i];
            track.Last += sum / n;
            track.Slow += sum / n;
        }
    }

    private static void Vote(
        ref EstimatorState state, ThermalSettings settings, TimeSpan now, double dt, ref Estimate e, ref ConditionList conditions)
    {
        var offset = state.CommonOffsetK - state.CommonCorrectionK;
        var expected = state.Observer.Started ? state.Observer.PredictedSupplyC + state.Observer.ErrorK : double.NaN;
        e.SupplyC = VoteGroup(ref state, settings.Supply, offset, expected, DisagreeK, now, dt, ref e, ref conditions);
        if (!e.SupplyC.HasValue)
        {
            conditions.Add(new(ConditionCode.SupplyUnknown, TargetKind.Loop, 0));
            if (state.Observer.Started)
                e.SupplyC = Reading<double>.Suspect(expected, now);
        }

        double drawn = 0;
        for (var i = 0; i < settings.Board.Gpus.Count; i++)
            drawn += state.Gpus[i].PlateW;
        var carried = settings.Model.Carried(state.FlowLMin);
        var back = e.SupplyC.Value is { } s && state.FlowLMin > 0.5 ? s + drawn / carried : double.NaN;
        e.ReturnC = VoteGroup(ref state, settings.Return, offset, back, DisagreeK, now, dt, ref e, ref conditions);
        if (!e.ReturnC.HasValue && !double.IsNaN(back))
            e.ReturnC = Reading<double>.Suspect(back, now);
        if (e.ReturnC.Value is { } known)
            state.ReturnC = known;
        if (Math.Abs(offset) > 0.5)
            conditions.Add(new(ConditionCode.SensorImplausible, TargetKind.Loop, 0, offset, 0.5));
        Swapped(ref state, settings, ref conditions);

        e.AmbientC = VoteGroup(ref state, settings.Ambient, 0, double.NaN, 3, now, dt, ref e, ref conditions);
        if (e.AmbientC.Value is { } air)
        {
            state.AmbientC = state.AmbientKnown ? state.AmbientC + (air - state.AmbientC) * Math.Min(1, dt / (air > state.AmbientC + 0.5 ? 1 : 5)) : air;
            state.AmbientKnown = true;
        }

        if (!state.AmbientKnown)
            state.AmbientC = 30;
        e.FacilityC = VoteGroup(ref state, settings.FacilitySupply, 0, double.NaN, 3, now, dt, ref e, ref conditions);
        e.FacilityFlowLMin = VoteGroup(ref state, settings.FacilityFlow, 0, double.NaN, 2, now, dt, ref e, ref conditions);
        state.SourceC = settings.Model.Design.FacilityC is { } designed ? e.FacilityC.Value ?? designed : state.AmbientC;
        e.HumidityPercent = VoteGroup(ref state, settings.Humidity, 0, double.NaN, 10, now, dt, ref e, ref conditions);
        e.LevelPercent = VoteGroup(ref state, settings.Level, 0, double.NaN, 10, now, dt, ref e, ref conditions);
        if (e.AmbientC.Value is { } t && e.HumidityPercent.Value is { } rh)
            e.DewPointC = Reading<double>.Good(HumidAir.DewPointC(t, rh), now);
        e.CabinetC = VoteGroup(ref state, settings.CabinetInlet, 0, double.NaN, DisagreeK, now, dt, ref e, ref conditions);
        e.ControlledC = settings.HoldsCabinet ? e.CabinetC : e.SupplyC;
    }

    /// <summary>
    /// Median of the good ones. Two that disagree are settled by what the model expects, and without it by the hotter one. Who is
    /// far from the vote for seconds is called suspect until it comes back.
    /// </summary>
    private static Reading<double> VoteGroup(
        ref EstimatorState state, int[] group, double offset, double expected, double limit, TimeSpan now, double dt,
        ref Estimate e, ref ConditionList conditions)
    {
        Span<double> values = stackalloc double[Limits.Sensors];
        Span<double> slow = stackalloc double[Limits.Sensors];
        var n = 0;
        foreach (var i in group)
        {
            ref readonly var track = ref state.Sensors[i];
            if (e.Sensors[i] == Quality.Good && !track.Disagrees)
                (values[n], slow[n++]) = (track.Last - offset, track.Slow - offset);
            else if (e.Sensors[i] == Quality.Stale && !track.Disagrees)
                (values[n], slow[n++]) = (track.Last - offset + 0.5 * track.SinceSeenS, track.Slow - offset + 0.5 * track.SinceSeenS);
        }

        if (n == 0)
            return Reading<double>.Absent;
        var vote = n == 2 && Math.Abs(slow[0] - slow[1]) > limit
            ? double.IsNaN(expected) ? Math.Max(values[0], values[1])
                : Math.Abs(slow[0] - expected) < Math.Abs(slow[1] - expected) ? values[0] : values[1]
            : Median(values[..n]);
        var slowVote = n == 2 && Math.Abs(slow[0] - slow[1]) > limit ? vote : Median(slow[..n]);
        foreach (var i in group)
        {
            ref var track = ref state.Sensors[i];
            if (e.Sensors[i] is Quality.Absent)
                continue;
            var off = Math.Abs(track.Slow - offset - slowVote);
            track.DisagreeS = off > limit ? track.DisagreeS + dt : Math.Max(0, track.DisagreeS - dt);
            track.DisagreeS = Math.Min(track.DisagreeS, DisagreeAfterS + 2);
            track.Disagrees = track.Disagrees ? off > 0.6 * limit || track.DisagreeS > 0 : track.DisagreeS > DisagreeAfterS;
            if (!track.Disagrees)
                continue;
            conditions.Add(new(ConditionCode.SensorDisagrees, TargetKind.Sensor, i, off, limit));
            e.Sensors[i] = Quality.Suspect;
        }

        return Reading<double>.Good(vote, now);
    }

    private static double Median(Span<double> values)
    {
        // By hand: a handful of values, and Span.Sort allocates a delegate under Native AOT.
        for (var i = 1; i < values.Length; i++)
        {
            for (var j = i; j > 0 && values[j - 1] > values[j]; j--)
                (values[j - 1], values[j]) = (values[j], values[j - 1]);
        }

        var n = values.Length;
        return n % 2 == 1 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
    }

    /// <summary>One supply and one return sensor that disagree with their groups by the same amount in opposite directions.</summary>
    private static void Swapped(ref EstimatorState state, ThermalSettings settings, ref ConditionList conditions)
    {
        foreach (var s in settings.Supply)
        {
            foreach (var r in settings.Return)
            {
                if (state.Sensors[s].Disagrees && state.Sensors[r].Disagrees && state.Sensors[s].Slow > state.Sensors[r].Slow + 1)
                    conditions.Add(new(ConditionCode.SensorsSwapped, TargetKind.Sensor, s, state.Sensors[s].Slow - state.Sensors[r].Slow));
            }
        }
    }
}
