using Appliance.Model;

namespace Appliance.Thermal;

public static partial class Controller
{
    private const double StrokeAtShare = 1.2;
    private const double StrokeAtW = 100;
    private const double StrokeTauS = 20;
    private const double StrokeForS = 2.5;
    private const double StrokeBy = 0.35;

    /// <summary>
    /// A valve that nobody moves cannot be seen to stick, and by the time the hot coolant asks for more of it a return pipe full is on its way. So it is
    /// moved a little as soon as the GPUs draw more: its water must answer within seconds, and what it lets through too early is less than what comes.
    /// </summary>
    /// <returns>Least opening for now, 0..1.</returns>
    private static double ProofStroke(ref ControllerState state, in Estimate e, double dt)
    {
        var rises = state.HeatSlowW > 0 && e.HeatW > StrokeAtShare * state.HeatSlowW + StrokeAtW;
        state.HeatSlowW = state.HeatSlowW == 0 ? e.HeatW : state.HeatSlowW + (e.HeatW - state.HeatSlowW) * Math.Min(1, dt / StrokeTauS);
        state.StrokeS += dt;
        if (rises && state.StrokeS > LoopWaits.ValveStrokeEveryS && !e.ValveStuck && e.FacilityFlowLMin.HasValue)
            (state.StrokeS, state.StrokeFrom) = (0, state.Drive);
        return state.StrokeS < StrokeForS && state.StrokeFrom > 0 ? Math.Min(1, state.StrokeFrom + StrokeBy) : 0;
    }
}
