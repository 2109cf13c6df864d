using Appliance.Model;

namespace Appliance.Thermal;

public static partial class Estimator
{
    /// <summary>Flow this far below what the duties gave before is a pump that is gone; the meters' noise is a tenth of it.</summary>
    private const double FlowFallen = 0.05;

    /// <summary>Below this share it is not one pump of two: a meter at zero, or no flow at all, which has its own rule.</summary>
    private const double FlowGone = 0.5;
    private const double FlowEven = 0.03;
    private const double FlowEvenTauS = 5;
    private const double FlowUnevenTauS = 30;
    private const double EvenBeforeFallS = 5;
    private const int FallenTicks = 2;
    private const double QuietWithin = 0.02;
    private const double QuietAfterS = 2;

    /// <summary>As long as a tachometer takes to say which pump it was, and the flow to answer the other.</summary>
    private const double MissingHoldS = 6;
    private const double MissingTauS = 5;
    private const double MissingOver = 0.02;

    /// <summary>
    /// A pump that stops takes its share of the flow away within a quarter of a second; its tachometer, the mean of a second, is sure of it four seconds
    /// later, and of a pump that turns without flow never. So the flow itself is asked: fallen at once, against what the same duties gave a moment before,
    /// by every meter that works. A single wrong reading is none of that, and being wrong costs six seconds of a pump that turns a quarter faster.
    /// </summary>
    private static void PumpMissing(ref EstimatorState state, ThermalSettings settings, double dt, ref Estimate e)
    {
        ref var even = ref state.EvenFlow;
        var pumps = settings.Board.Pumps.Count;
        double most = 0;
        foreach (var i in settings.Flow)
        {
            if (e.Sensors[i] is Quality.Good)
                most = Math.Max(most, state.Sensors[i].Last);
        }

        if (pumps < 2 || e.PumpsAlive < pumps || e.CommandedFlowLMin < 0.5 || most <= 0)
        {
            even = even with { EvenS = 0, Fallen = 0, Missing = 0 };
            return;
        }

        // While a duty moves nobody knows the flow to a twentieth: pumps and meters take their time, each its own.
        var moves = false;
        for (var i = 0; i < pumps; i++)
            moves |= Math.Abs(state.Pumps[i].Fast - state.Pumps[i].Slow) > QuietWithin;
        even.QuietS = moves ? 0 : even.QuietS + dt;
        var quiet = even.QuietS > QuietAfterS;
        var share = most / e.CommandedFlowLMin;
        if (even.Share <= 0)
            even.Share = share;
        var of = share / even.Share;
        if (even.Missing > 0)
        {
            even.HoldS -= dt;
            if (even.HoldS <= 0 && quiet)
                even.Missing += (Math.Clamp(1 - of, 0, FlowGone) - even.Missing) * Math.Min(1, dt / MissingTauS);
            if (even.Missing < MissingOver)
                (even.Missing, even.EvenS) = (0, 0);
            e.PumpMissing = even.Missing;
            return;
        }

        if (!quiet)
        {
            even.Fallen = 0;
            return;
        }

        even.Fallen = of is < 1 - FlowFallen and > FlowGone ? even.Fallen + 1 : 0;
        if (even.Fallen >= FallenTicks && even.EvenS > EvenBeforeFallS)
        {
            e.PumpMissing = even.Missing = 1 - settings.DesignFlowLMin(1, pumps - 1) / settings.DesignFlowLMin(1, pumps);
            (even.HoldS, even.EvenS) = (MissingHoldS, 0);
            return;
        }

        // What comes short for long, little by little, is no pump that stopped.
        even.EvenS = of > 1 - FlowEven ? Math.Min(even.EvenS + dt, 2 * EvenBeforeFallS) : Math.Max(0, even.EvenS - 10 * dt);
        even.Share += (share - even.Share) * Math.Min(1, dt / (Math.Abs(of - 1) < FlowEven ? FlowEvenTauS : FlowUnevenTauS));
    }
}
