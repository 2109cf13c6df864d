using Appliance.Model;

namespace Appliance.Thermal;

public static partial class Controller
{
    /// <summary>Least distance of a die to its throttle temperature in steady state, K.</summary>
    private const double DieMarginK = 8;
    private const double DieDoubtK = 0.15;
    private const double PumpDownPerS = 0.08;
    private const double HeldDownWPerS = 8;

    // Between these two the coolant to come is too hot, flat out: the margin of the dies shrinks before power is withheld.
    private const double ShortFromK = 0.5;
    private const double ShortAtK = 1.2;
    private const double ShortMarginK = 1;
    private const double ShortTauS = 4;
    private const double ShortUpLMinPerS = 0.015;
    private const double LeastRiseK = 10;
    private const double TrimmedK = 1.5;

    // So hot that the slug on its way must be slowed down now; else flow and power limit would chase each other.
    private const double CrisisK = 1.8;
    private const double CrisisDownWPerS = 60;

    // What a stuck valve does not cool must not be flushed past it: the flow goes down as fast as the power did.
    private const double StuckDownWPerS = 400;
    private const double StuckPumpDownPerS = 0.4;
    private const double ShortUpPerS = 0.3;
    private const double ShortDownPerS = 0.01;

    // A reading of 84 is the last that no limit answers; what is foretold is good to half a kelvin.
    private const double DieShiftFromK = 2.4;
    private const double DieShiftMaxK = 1.6;
    private const double DieShiftPerS = 0.15;
    private const double PumpFullForS = 6;
    private const double DieShiftDownPerS = 0.01;
    private const double TrimUpPerKs = 0.01;
    private const double TrimDownPerKs = 0.004;

    // A plate that was never seen under load may be a good deal worse than designed; too much flow for a minute costs nothing.
    private const double UnseenRho = 1.15;
    private const double SeenAfterS = 45;

    /// <summary>
    /// As slow as the dies allow. At a held supply less flow means a hotter return, and a hotter return needs less air: slow pumps
    /// save fan power too, so the least flow that keeps the hottest die's margin is the optimum of both.
    /// </summary>
    private static void Pumps(
        ref ControllerState state, in EstimatorState known, in Estimate e, ThermalInput input, ThermalSettings settings, Hazard hazard, TimeSpan now,
        double dt, ref ThermalCommands commands)
    {
        var board = settings.Board;
        var n = board.Gpus.Count;
        var target = board.Gpus.ThrottleC - DieMarginK - DieDoubtK;
        var supply = Math.Max(e.SupplyC.Value ?? settings.SetpointC, settings.SetpointC);
        double worst = 0;
        for (var i = 0; i < n; i++)
        {
            // What the resistance does not explain, and more than the trim is good for, leaves less for the flow to do.
            var rise = Math.Max(target - supply - DoubtK(in known.Gpus[i], in e, i) - Math.Max(known.Gpus[i].OffsetSlowK - TrimmedK, 0), LeastRiseK);
            worst = Math.Max(worst, e.GpuW[i] * Resistance(in known.Gpus[i]) * (target - supply) / rise);
        }

        // With the fans at their end slower is more: every kelvin of die margin given up lets the box remove more heat.
        var most = Most(in e, settings);
        var hot = state.Drive >= 0.97 * most ? Math.Clamp((state.ComingC - settings.SetpointC - ShortFromK) / (ShortAtK - ShortFromK), 0, 1) : 0;
        var shortage = state.Shortage = Math.Clamp(hot, state.Shortage - ShortDownPerS * dt, state.Shortage + ShortUpPerS * dt);
        var margin = DieMarginK + (ShortMarginK - DieMarginK) * shortage;
        var crisis = state.ComingC > settings.SetpointC + CrisisK;
        state.HeldW = Math.Max(worst, state.HeldW - (!crisis ? HeldDownWPerS : e.ValveHeld ? StuckDownWPerS : CrisisDownWPerS) * dt);
        var flow = settings.Model.GpuLMinFor((target - supply) / Math.Max(state.HeldW, 1)) * n;
        flow = ForMostPower(ref state, in known, in e, settings, most, flow, dt);

        // What the resistances do not explain yet, slowly: plates take tens of seconds to answer.
        state.HottestC += (HottestC(in known, in e, n) - state.HottestC) * Math.Min(1, dt / 4);
        var over = state.HottestC - (board.Gpus.ThrottleC - margin);
        ColderForDies(ref state, in known, in e, settings, dt);
        var trim = over > 0 ? state.Pump < 0.999 ? TrimUpPerKs * Math.Min(over, TrimmedK) : 0 : -0.0005 - TrimDownPerKs * Math.Max(0, -over - 1);
        state.PumpTrim = Math.Clamp(state.PumpTrim + trim * dt, 0, 0.7);
        var alive = Math.Max(e.PumpsAlive, 1);
        var perSpeed = known.PumpGain * settings.DesignFlowLMin(1, alive) * (1 - e.PumpMissing);
        var wanted = Math.Clamp(flow / Math.Max(perSpeed, 1) + state.PumpTrim, settings.MinPump, 1);
        var reason = new Reason(Driver.PumpDemand, e.HeatW);
        if (hazard.FullPumps)
            (wanted, reason) = (1, hazard.Reason);
        else if (e.PumpsAlive < board.Pumps.Count || e.PumpMissing > 0)
            (wanted, reason) = (e.PumpsAlive == 0 ? 1 : wanted, new(Driver.StandbyPump));
        if (state.BootS < BootS)
            (wanted, reason) = (Math.Max(wanted, state.Pump), new(Driver.Boot));

        // By hand only faster: slower than the dies need is seconds from harm.
        if (ManualLeftS(input, settings, now) is { } left && input.Manual?.Pumps is { } asked && asked.Fraction > wanted)
            (wanted, reason) = (asked.Fraction, new(Driver.Manual, left));
        state.PumpsAheadShare = state.Pump > 0 ? Math.Clamp(wanted / state.Pump, 0.3, 1) : 1;
        state.Pump = Math.Max(wanted, state.Pump - (crisis && e.ValveHeld ? StuckPumpDownPerS : PumpDownPerS) * dt);
        state.FlowAheadLMin = wanted * perSpeed;
        if (state.Pump <= settings.MinPump + 1e-6)
            reason = new(Driver.Floor, 100 * settings.MinPump);
        for (var i = 0; i < board.Pumps.Count; i++)
        {
            // A pump that does not turn is asked for everything it has; it may come back.
            var turns = Estimator.Turns(e.Pumps[i]) || e.Pumps[i] == RotorHealth.Unknown;
            commands.Pumps[i] = hazard.StopPumps ? Duty.OfPermille(0) : turns ? Duty.OfFraction(state.Pump) : Duty.Full;
            commands.PumpReasons[i] = hazard.StopPumps ? new(Driver.Leak) : reason;
        }
    }

    /// <summary>The hottest die, between whole degrees where it is known so well: of 79 °C read nobody can say whether 79.0 is passed.</summary>
    private static double HottestC(in EstimatorState known, in Estimate e, int gpus)
    {
        double hottest = 0;
        for (var i = 0; i < gpus; i++)
        {
            if (e.GpuC[i].Value is { } read)
                hottest = Math.Max(hottest, Math.Clamp(known.Gpus[i].FineC, read - 0.5, read + 0.5));
        }

        return hottest;
    }

    /// <summary>
    /// Pumps at their end, and at the setpoint a die would stand almost at its limit: the lower half of the band is used before power is
    /// withheld. Foretold from what was learnt of the plates, so that the coolant is colder before the die is hot.
    /// </summary>
    private static void ColderForDies(ref ControllerState state, in EstimatorState known, in Estimate e, ThermalSettings settings, double dt)
    {
        var board = settings.Board;
        state.PumpFullS = state.Pump > 0.97 ? state.PumpFullS + dt : 0;
        var settled = state.PumpFullS > PumpFullForS;
        var kPerW = settings.Model.GpuKPerW(known.FlowLMin / board.Gpus.Count);
        double die = 0;
        for (var i = 0; i < board.Gpus.Count; i++)
            die = Math.Max(die, settings.SetpointC + WantsW(in known, in e, settings, i) * Resistance(in known.Gpus[i]) * kPerW + known.Gpus[i].OffsetSlowK);
        var wanted = settled ? Math.Clamp(die - (board.Gpus.ThrottleC - DieShiftFromK), 0, Math.Min(DieShiftMaxK, board.BandK)) : 0;
        state.DieShiftK = Math.Clamp(wanted, Math.Max(0, state.DieShiftK - DieShiftDownPerS * dt), state.DieShiftK + DieShiftPerS * dt);
    }

    /// <summary>How much hotter than foretold this die may be: as little as is known of it, and not beyond the whole degree that it reads.</summary>
    private static double DoubtK(in GpuTrack gpu, in Estimate e, int i) =>
        e.GpuC[i].Value is { } read ? Math.Clamp(read + 0.5 - gpu.FineC, 0, gpu.DoubtK) : 0;

    private static double Resistance(in GpuTrack gpu) => gpu.RhoS < SeenAfterS && !gpu.KeptRho ? Math.Max(gpu.Rho, UnseenRho) : gpu.Rho;
}
