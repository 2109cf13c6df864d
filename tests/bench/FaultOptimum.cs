using System.Globalization;
using Appliance.Daemon.Simulation;
using Appliance.Model;

namespace Bench;

/// <summary>
/// What anybody could have done about a fault who knew the plant, the fault and the future from its first instant: everything that cools at full at
/// once, pumps and GPU power in three stages, each as far as the board file lets them go (engine parked and power off only where the row allows it).
/// Searched by trying: a row that the best plan cannot keep either is beyond physics on that plant.
/// </summary>
internal static class FaultOptimum
{
    private const int Tries = 240;
    private const int FirstPlans = 13;
    private const double IdleW = 72;

    public static FaultBest Search(FaultRow row, Board board, int seed, double spread, TimeProvider time)
    {
        var random = new Random(seed);
        var least = board.Pumps.Max(p => p.MinDutyPercent) / 100;
        int tried;
        var from = row.TripAllowed ? 0 : PlannedControl.LowestClockW;
        var best = First(least, from, row.LoadW).Select(Play).MinBy(p => p.Cost);
        for (tried = 0; tried < Tries && best.Cost > 0; tried++)
        {
            var next = Play(best.Plan.Varied(random, least, from, row.LoadW, tried < Tries / 2 ? 1 : 0.3));
            best = next.Cost < best.Cost ? next : best;
        }

        var r = best.Result;
        return new(r.Passed, r.Why, r.PeakDieC, r.PeakSupplyC, r.WithheldWh, best.Plan.ToString(), tried + FirstPlans);

        (FaultPlan Plan, FaultResult Result, double Cost) Play(FaultPlan plan)
        {
            var result = FaultScore.Run(row, board, seed, spread, time, new PlannedControl(board, plan));
            return (plan, result, Cost(row, result));
        }
    }

    /// <summary>0 inside every limit; else how far outside, in kelvin and what counts as much.</summary>
    private static double Cost(FaultRow row, FaultResult r) => r.Passed
        ? 0
        : 1e-3 + Math.Max(0, r.PeakSupplyC - r.MaxSupplyC) + Math.Max(0, r.PeakDieC - row.MaxDieC) + 10 * r.SelfThrottledS
            + Math.Max(0, r.WithheldWh - r.MaxWithheldWh) / 20 + (r.ReachedS is { } at ? Math.Max(0, at - row.DeadlineS) : 100);

    private static IEnumerable<FaultPlan> First(double least, double from, double load)
    {
        foreach (var pump in (double[])[1, 0.6, least])
        {
            foreach (var watts in (double[])[from, Math.Max(from, IdleW), 0.5 * (from + load), load])
                yield return new([pump, pump, pump], [watts, watts, watts], [60, 120]);
        }

        yield return new([least, least, 0.5], [from, 0.5 * (from + load), load], [60, 180]);
    }
}

/// <param name="Pump">Duty of every pump that lives, 0..1, in each stage.</param>
/// <param name="GpuW">Limit of every GPU, W, in each stage; below the board's lowest limit clocks are held at their lowest, below what that draws the engine is parked, at 0 the power is off.</param>
/// <param name="UntilS">End of the first two stages, s after the fault.</param>
internal sealed record FaultPlan(double[] Pump, double[] GpuW, double[] UntilS)
{
    public int Stage(double afterS) => afterS < UntilS[0] ? 0 : afterS < UntilS[1] ? 1 : 2;

    public FaultPlan Varied(Random random, double leastPump, double leastW, double mostW, double by)
    {
        var (pump, watts, until) = ((double[])Pump.Clone(), (double[])GpuW.Clone(), (double[])UntilS.Clone());
        for (var n = 1 + random.Next(3); n > 0; n--)
        {
            var k = random.Next(3);
            switch (random.Next(3))
            {
                case 0:
                    pump[k] = Math.Clamp(pump[k] + by * (random.NextDouble() - 0.5), leastPump, 1);
                    break;
                case 1:
                    watts[k] = Math.Clamp(watts[k] + by * (mostW - leastW) * (random.NextDouble() - 0.5), leastW, mostW);
                    break;
                default:
                    until[k % 2] = Math.Clamp(until[k % 2] * Math.Exp(by * (2 * random.NextDouble() - 1)), 1, 590);
                    break;
            }
        }

        Array.Sort(until);
        return new(pump, watts, until);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{GpuW[0]:0} W and pumps {100 * Pump[0]:0} % for {UntilS[0]:0} s, {GpuW[1]:0} W and {100 * Pump[1]:0} % to {UntilS[1]:0} s, {GpuW[2]:0} W and {100 * Pump[2]:0} % then");
}
