using Appliance.Model;

namespace Appliance.Thermal;

public static partial class Estimator
{
    private const double FacilityNoneAfterS = 1;
    private const double CooledAsForetoldK = 0.8;
    private const double CooledShare = 0.6;
    private const double CooledForS = 90;
    private const double ColdWithoutWaterK = 1;
    private const double ColdForS = 20;
    private const double ValveStuckAfterS = 0.8;
    private const double ValveOff = 0.25;
    private const double ValveOffAtLeast = 0.02;
    private const double NoWaterLMin = 0.8;
    private const double ValveOffAfterS = 1.2;
    private const double ValveAnswers = 0.3;
    private const double ValveSlowS = 15;
    private const double ValveHeldTauS = 30;
    private const double ValveMovedAfterS = 0.5;

    /// <summary>
    /// How far the facility valve is open: as commanded, with its lag. Where the board measures the water and it does not follow, the valve
    /// stands where the water says, until the coolant disproves the meter.
    /// </summary>
    private static double FacilityDrive(ref EstimatorState state, ThermalSettings settings, double dt, ref Estimate e, ref ConditionList conditions)
    {
        state.ValveFraction += (state.Drive - state.ValveFraction) * (1 - Math.Exp(-dt / settings.Model.Design.FanTauS));
        if (state.FacilityGain == 0)
            state.FacilityGain = 1;
        if (e.FacilityFlowLMin.Value is not { } flow)
        {
            state.ValveOffS = 0;
            return state.ValveFraction;
        }

        var open = Math.Clamp(flow / settings.Model.Design.FacilityLMin / state.FacilityGain, 0, 1);
        var off = Math.Abs(open - state.ValveFraction) > ValveOff * state.ValveFraction + ValveOffAtLeast;
        state.ValveOffS = off ? Math.Min(state.ValveOffS + dt, 10) : Math.Max(0, state.ValveOffS - dt);

        // A shut valve and a dead meter agree; only water that is there can speak for the meter.
        state.MeterOut &= state.ValveOffS > 0 || state.ValveFraction < 0.15;

        // No water at all is the meter's or the facility's doing: FacilityWater judges it.
        var held = e.ValveHeld = Held(ref state, open, flow >= NoWaterLMin, dt);
        var learnt = state.FacilityGainS >= LoopWaits.ValveGainKnownS;
        e.ValveStuck = !state.MeterOut && (held || (learnt && state.ValveOffS > ValveOffAfterS));

        // How much water an open valve lets through differs from box to box. Learnt once: what creeps away later is the valve.
        if (!held && (!off || !learnt) && !state.MeterOut && state.ValveFraction > 0.08 && open > 0.02)
        {
            state.FacilityGainS += dt;
            state.FacilityGain = Math.Clamp(state.FacilityGain * (1 + (open / state.ValveFraction - 1) * dt / (learnt ? 3000 : 20)), 0.4, 2);
        }

        if (!e.ValveStuck)
            return state.ValveFraction;
        var stands = held ? state.ValveOpen : open;
        conditions.Add(new(ConditionCode.ValveMismatch, TargetKind.Loop, 0, 100 * stands, 100 * state.Drive));
        return stands;
    }

    /// <summary>
    /// The command moved and the water did not: stuck, until the water is seen to move. That the command comes to lie where a valve sticks is no proof
    /// that it moves; and where it sticks it stays, so the meter's noise is no movement.
    /// </summary>
    private static bool Held(ref EstimatorState state, double open, bool flows, double dt)
    {
        var asked = state.ValveFraction - state.ValveSlow;
        var answered = open - state.ValveOpen;
        state.ValveSlow += asked * Math.Min(1, dt / ValveSlowS);
        state.ValveOpen += answered * Math.Min(1, dt / (state.ValveHeld ? ValveHeldTauS : ValveSlowS));
        if (state.ValveHeld)
        {
            var moved = Math.Abs(answered) > ValveOff * state.ValveOpen + ValveOffAtLeast;
            state.ValveMovedS = moved ? state.ValveMovedS + dt : Math.Max(0, state.ValveMovedS - dt);

            // A trickle that its meter sometimes takes for nothing is none the more open for it.
            return state.ValveHeld = state.ValveMovedS <= ValveMovedAfterS && !state.MeterOut;
        }

        var still = Math.Abs(asked) > ValveOff * state.ValveSlow + ValveOffAtLeast && answered * Math.Sign(asked) < ValveAnswers * Math.Abs(asked);
        state.ValveStillS = still && flows ? state.ValveStillS + dt : Math.Max(0, state.ValveStillS - dt);
        state.ValveMovedS = 0;
        return state.ValveHeld = state.ValveStillS > ValveStuckAfterS && !state.MeterOut;
    }

    /// <summary>
    /// An open valve without water. A single meter says so, so it is believed at once and only as long as the coolant does not say otherwise:
    /// a loop that goes on being cooled as an open valve would cool it is cooled by something. One that only stays cool, near idle, is cooled by a trickle.
    /// </summary>
    private static void FacilityWater(ref EstimatorState state, ThermalSettings settings, double dt, ref Estimate e)
    {
        var expected = state.ValveFraction * settings.Model.Design.FacilityLMin;
        var none = e.FacilityFlowLMin.Value is { } flow && expected > 0.5 && flow < 0.2 * expected && flow < NoWaterLMin;
        state.FacilityNoneS = none ? state.FacilityNoneS + dt : 0;

        // What the coolant loses in the exchanger against what it would with the valve as open as commanded.
        var flowing = Math.Max(e.FlowLMin.Value ?? e.ExpectedFlowLMin, 0.5);
        var share = 1 - Math.Exp(-state.Observer.Theta(state.ValveFraction) * settings.Model.Conductance(state.ValveFraction) / settings.Model.Carried(flowing));
        var foretoldK = share * ((e.ReturnC.Value ?? state.ReturnC) - state.SourceC);
        var cooled = e.SupplyC.Value is { } supply && supply < settings.SetpointC + CooledAsForetoldK
            && (e.ReturnC.Value ?? state.ReturnC) - supply > CooledShare * foretoldK;
        state.FacilityDoubtS = !none || state.MeterOut ? 0 : cooled ? state.FacilityDoubtS + dt : 0;
        var cold = e.SupplyC.Value < settings.SetpointC - ColdWithoutWaterK;
        if (!state.MeterOut && state.FacilityDoubtS > (cold ? ColdForS : CooledForS))
        {
            // What was foretold meanwhile took the meter at its word: begin again from what the sensors say.
            state.MeterOut = true;
            state.Observer.Restart();
        }

        e.FacilityLost = state.FacilityNoneS > FacilityNoneAfterS && !state.MeterOut;
    }
}
