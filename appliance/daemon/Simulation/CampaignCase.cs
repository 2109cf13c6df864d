using Appliance.Model;
using Appliance.Twin;

namespace Appliance.Daemon.Simulation;

/// <summary>A seed's box, weather, load and faults: everything the campaign varies, drawn from one number.</summary>
public static class CampaignCase
{
    public const double DurationS = 1200;

    /// <summary>Seeds from here on walk through every fault alone and every pair of faults, then begin again with other plants.</summary>
    public const int PairsFrom = 10_000;

    /// <summary>Seeds from here on are drawn as those from 0 on, but the GPUs play what an H100 was recorded to draw.</summary>
    public const int RecordedFrom = 20_000;

    /// <summary>Seeds from here on walk through the boards with parts of their own (<see cref="BoardCase"/>).</summary>
    public const int BoardsFrom = 30_000;

    /// <summary>Seeds that such a walk takes.</summary>
    public static int Pairs => _drawn.Length * (_drawn.Length + 1) / 2;

    /// <summary>Any seed's scenario and the board that it strikes.</summary>
    public static (Scenario Scenario, Board Board) Of(int seed, SimulationBoards boards)
    {
        ArgumentNullException.ThrowIfNull(boards);
        if (seed >= BoardsFrom)
            return BoardCase.Of(seed, boards);
        var scenario = Of(seed, boards.Air);
        return (scenario, boards.Of(scenario.Cooling));
    }

    /// <summary>A seed below <see cref="BoardsFrom"/>.</summary>
    public static Scenario Of(int seed, Board board)
    {
        var random = new Random(seed);
        var liquid = random.Next(5) == 0;
        var warm = 18 + 10 * random.NextDouble();
        var faults = seed is < PairsFrom or >= RecordedFrom ? Drawn(random, board) : Named((seed - PairsFrom) % Pairs, random, board);
        return new()
        {
            Name = $"seed {seed}",
            DurationS = DurationS,
            Cooling = liquid ? "liquid-to-liquid" : "liquid-to-air",
            Seed = seed,
            Spread = 0.3,
            AmbientC = new([0, DurationS], [warm, Math.Clamp(warm + 4 * (random.NextDouble() - 0.5), 18, 28)]),
            RoomRhPercent = Series.Constant(25 + 40 * random.NextDouble()),
            GpuPowerW = seed < RecordedFrom ? Load(random, board.Gpus.Count, DurationS) : RecordedLoad.Of(random, board.Gpus.Count, board.Gpus.MaxW),
            Faults = faults,
        };
    }

    /// <summary>
    /// The plant's faults only, and of parts that every board has: what drivers tell about health does not cool or heat, and a seed must mean the same for ever.
    /// </summary>
    private static readonly FaultInfo[] _drawn = [.. FaultCatalogue.All.Where(f => !f.OfHealth && !f.OfOption)];

    /// <summary>Any of them; null when the board has no part that could have it.</summary>
    internal static ScenarioFault? Any(Random random, Board board) => Fault(_drawn[random.Next(_drawn.Length)], random, board);

    /// <summary>None, one or two, whichever come.</summary>
    private static List<ScenarioFault> Drawn(Random random, Board board)
    {
        var faults = new List<ScenarioFault>();
        for (var n = random.Next(3); n > 0;)
        {
            if (Any(random, board) is not { } fault)
                continue;
            faults.Add(fault);
            n--;
        }

        return faults;
    }

    /// <summary>The faults one by one, then in pairs; a board that lacks the part has one fault less.</summary>
    private static List<ScenarioFault> Named(int index, Random random, Board board)
    {
        var (first, second) = (index, index);
        if (index >= _drawn.Length)
        {
            first = 0;
            for (index -= _drawn.Length; index >= _drawn.Length - 1 - first; first++)
                index -= _drawn.Length - 1 - first;
            second = first + 1 + index;
        }

        int[] chosen = first == second ? [first] : [first, second];
        return [.. chosen.Select(i => Fault(_drawn[i], random, board)).OfType<ScenarioFault>()];
    }

    /// <returns>Null when the board has no part that could have it.</returns>
    private static ScenarioFault? Fault(FaultInfo info, Random random, Board board)
    {
        var targets = FaultCatalogue.Targets(info, board);
        if (targets.Count == 0)
            return null;
        var (at, until) = When(random);
        return new(at, until, new(info.Kind, targets[random.Next(targets.Count)], Value(info.Kind, random)));
    }

    /// <summary>Within the first eleven minutes; every third is mended after a while.</summary>
    internal static (double AtS, double? UntilS) When(Random random)
    {
        var at = 60 + 600 * random.NextDouble();
        return (at, random.Next(3) == 0 ? at + 30 + 200 * random.NextDouble() : null);
    }

    internal static double? Value(FaultKind kind, Random random) => kind switch
    {
        FaultKind.FanStuck => 400 + 4000 * random.NextDouble(),
        FaultKind.PwmForeignWrite => 100 * random.NextDouble(),
        FaultKind.PlateClogged => 20 + 60 * random.NextDouble(),
        FaultKind.SensorStuck => 4 * (random.NextDouble() - 0.5),
        FaultKind.SensorBias => 8 * (random.NextDouble() - 0.5),
        FaultKind.SensorDrift => random.NextDouble() - 0.5,
        FaultKind.SensorNoise => 5 + 20 * random.NextDouble(),
        FaultKind.LeakGross => 0.5 + 3 * random.NextDouble(),
        FaultKind.HumidityJump => 40 * random.NextDouble(),
        FaultKind.AmbientJump => 10 * random.NextDouble(),
        FaultKind.ClockStep => 7200 * (random.NextDouble() - 0.5),
        FaultKind.AdcBias => 6 * (random.NextDouble() - 0.5),
        FaultKind.PowerLimitRefused => 300 + 400 * random.NextDouble(),
        FaultKind.RadiatorFouled => 10 + 40 * random.NextDouble(),
        FaultKind.AirInLoop => 30 * random.NextDouble(),
        _ => null,
    };

    internal static List<Series> Load(Random random, int gpus, double durationS)
    {
        var low = 70 + 100 * random.NextDouble();
        var high = 400 + 300 * random.NextDouble();
        switch (random.Next(4))
        {
            case 0: // one step up, one down
                return [new([0, 30, 30, 700, 700], [low, low, high, high, low])];
            case 1: // square wave, 1 s to 600 s
                return [Square(Math.Exp(Math.Log(600) * random.NextDouble()), low, high)];
            case 2: // every GPU for itself
                return [.. Enumerable.Range(0, gpus).Select(_ => Square(5 + 300 * random.NextDouble(), low, high))];
            default: // bursts
                var t = new List<double> { 0 };
                var v = new List<double> { low };
                while (t[^1] < durationS)
                {
                    var start = t[^1] + 1 + 60 * random.NextDouble();
                    var end = start + 0.1 + 10 * random.NextDouble();
                    t.AddRange([start, start, end, end]);
                    v.AddRange([low, high, high, low]);
                }

                return [new([.. t], [.. v])];
        }
    }

    private static Series Square(double periodS, double low, double high) =>
        new([0, periodS / 2, periodS / 2, periodS], [low, low, high, high], repeat: true);
}
