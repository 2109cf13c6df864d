using Appliance.Model;
using Appliance.Twin;

namespace Appliance.Daemon.Simulation;

/// <summary>A seed's box, weather, load and faults: everything the campaign varies, drawn from one number.</summary>
public static class CampaignCase
{
    public const double DurationS = 1200;

    public static Scenario Of(int seed, Board board)
    {
        var random = new Random(seed);
        var liquid = random.Next(5) == 0;
        var warm = 18 + 10 * random.NextDouble();
        var faults = new List<ScenarioFault>();
        for (var n = random.Next(3); n > 0; n--)
            faults.Add(Fault(random, board));
        return new()
        {
            Name = $"seed {seed}",
            DurationS = DurationS,
            Cooling = liquid ? "liquid-to-liquid" : "liquid-to-air",
            Seed = seed,
            Spread = 0.3,
            AmbientC = new([0, DurationS], [warm, Math.Clamp(warm + 4 * (random.NextDouble() - 0.5), 18, 28)]),
            RoomRhPercent = Series.Constant(25 + 40 * random.NextDouble()),
            GpuPowerW = Load(random, board.Gpus.Count),
            Faults = faults,
        };
    }

    /// <summary>The plant's faults only: what drivers tell about health does not cool or heat, and a seed must mean the same for ever.</summary>
    private static readonly FaultInfo[] _drawn = [.. FaultCatalogue.All.Where(f => !f.OfHealth)];

    private static ScenarioFault Fault(Random random, Board board)
    {
        while (true)
        {
            var info = _drawn[random.Next(_drawn.Length)];
            var targets = FaultCatalogue.Targets(info, board);
            if (targets.Count == 0)
                continue;
            var at = 60 + 600 * random.NextDouble();
            double? until = random.Next(3) == 0 ? at + 30 + 200 * random.NextDouble() : null;
            return new(at, until, new(info.Kind, targets[random.Next(targets.Count)], Value(info.Kind, random)));
        }
    }

    private static double? Value(FaultKind kind, Random random) => kind switch
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

    private static List<Series> Load(Random random, int gpus)
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
                while (t[^1] < DurationS)
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
