using Appliance.Daemon.Simulation;
using Appliance.Model;

namespace Bench;

/// <summary>The same plants, seeds, weather and load for every law: idle, full load, idle, full load, twenty minutes each.</summary>
internal static class Compare
{
    public const double FirstS = 60;
    public const double SecondS = 2460;
    public const double EndS = 3660;
    private const double PlateauS = 1200;
    private const double MarginK = 8;

    public static Scenario Steps(int seed) => new()
    {
        Name = $"steps, plant {seed}",
        DurationS = EndS,
        Seed = seed,
        Spread = seed == 0 ? 0 : 0.3,
        GpuPowerW = [new([0, FirstS, FirstS, FirstS + PlateauS, FirstS + PlateauS, SecondS, SecondS, EndS], [70, 70, 700, 700, 70, 70, 700, 700])],
    };

    /// <param name="plants">Plant 0 is the nominal one.</param>
    public static LawResult Run(string name, Func<Board, ISimulatedControl> law, int plants, Board board, TimeProvider time)
    {
        var runs = new List<Plant>();
        for (var seed = 0; seed <= plants; seed++)
            runs.Add(One(law(board), seed, board, time));
        var feasible = runs.Where(r => r.Summary.Feasible).ToList();
        var settled = feasible.Where(r => r.SettleS is <= 90).Count();
        return new()
        {
            Law = name,
            Plants = runs.Count,
            Feasible = feasible.Count,
            NominalPeakK = Math.Round(runs[0].SecondPeakK, 2),
            NominalSettleS = runs[0].SettleS,
            FirstPeakKMax = Math.Round(feasible.Max(r => r.FirstPeakK), 2),
            SecondPeakKMax = Math.Round(feasible.Max(r => r.SecondPeakK), 2),
            SecondPeakWithin07 = feasible.Count(r => r.SecondPeakK <= 0.7),
            SettledWithin90 = settled,
            SecondSettleSMedian = Median(feasible.Select(r => r.SettleS ?? PlateauS)),
            SecondsOver40All = Math.Round(runs.Sum(r => r.Summary.SecondsOver40C), 1),
            SecondsOver40Feasible = Math.Round(feasible.Sum(r => r.Summary.SecondsOver40C), 1),
            SteadyErrorKMax = Math.Round(feasible.Max(r => r.Summary.SteadyErrorK ?? 99), 3),
            WithheldWhFeasible = Math.Round(feasible.Sum(r => r.Summary.GpuEnergyWithheldWh), 1),
            CoolingWhMean = Math.Round(feasible.Average(r => r.Summary.FanEnergyWh + r.Summary.PumpEnergyWh), 1),
            CoolingAgainstOptimumMedian = Math.Round(Median(feasible.Where(r => r.AgainstOptimum is not null).Select(r => r.AgainstOptimum!.Value)) ?? 0, 3),
            CoolingAgainstOptimumMax = Math.Round(feasible.Max(r => r.AgainstOptimum ?? 0), 3),
            DieMarginKMin = Math.Round(feasible.Where(r => r.BestMarginK >= MarginK).Min(r => r.SecondMarginK), 1),
            DieMarginPlants = feasible.Count(r => r.BestMarginK >= MarginK),
            DieMarginShortKMax = Math.Round(feasible.Where(r => r.BestMarginK < MarginK).Select(r => r.BestMarginK - r.SecondMarginK).DefaultIfEmpty(0).Max(), 1),
            WithheldAgainstMinimumMedian = Median(runs.Where(r => r.AgainstMinimum is not null).Select(r => r.AgainstMinimum!.Value)),
            WithheldAgainstMinimumMax = runs.Max(r => r.AgainstMinimum) is { } worst ? Math.Round(worst, 3) : null,
        };
    }

    private static Plant One(ISimulatedControl law, int seed, Board board, TimeProvider time)
    {
        double first = double.MinValue, second = double.MinValue, outside = SecondS, cooling = 0, hottest = 0, withheld = 0, supply = 0, stood = 0;
        var ticks = 0;
        SimulationRun? run = null;
        run = new(Steps(seed), board, law)
        {
            Observe = t =>
            {
                var over = run!.Twin.Truth.SupplyC - board.SetpointC;
                if (t is > FirstS and <= FirstS + PlateauS)
                    first = Math.Max(first, over);
                if (t <= SecondS)
                    return;
                second = Math.Max(second, over);
                hottest = Math.Max(hottest, run.Twin.Truth.DieC.Max());
                if (Math.Abs(over) > 0.5)
                    outside = t;
                if (t <= EndS - 300)
                    return;
                cooling += run.Twin.Truth.FanW + run.Twin.Truth.PumpW;
                withheld += run.Twin.Truth.WithheldW;
                supply += run.Twin.Truth.SupplyC;
                stood += run.Twin.Truth.DieC.Max();
                ticks++;
            },
        };
        var summary = run.Run(time);
        var optimum = run.Twin.LeastCoolingW(board.Gpus.MaxW, run.Twin.Truth.SupplyC, board.Gpus.ThrottleC - 8);
        var minimum = run.Twin.LeastWithheldW(board.Gpus.MaxW, board.SetpointC - board.BandK, supply / ticks, stood / ticks);
        return new(
            summary, first, second, outside > EndS - 30 ? null : outside - SecondS,
            optimum is { } least && ticks > 0 ? cooling / ticks / least : null,
            board.Gpus.ThrottleC - hottest, board.Gpus.ThrottleC - run.Twin.HottestDieC(board.SetpointC, board.Gpus.MaxW),
            minimum > 50 ? withheld / ticks / minimum : null);
    }

    private static double? Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? null : Math.Round(sorted[sorted.Count / 2], 3);
    }

    /// <param name="SecondMarginK">Least distance of a die to its limit from the second step on.</param>
    /// <param name="BestMarginK">What it would be at the setpoint with pumps at full.</param>
    private sealed record Plant(
        SimulationSummary Summary, double FirstPeakK, double SecondPeakK, double? SettleS, double? AgainstOptimum, double SecondMarginK,
        double BestMarginK, double? AgainstMinimum);
}
