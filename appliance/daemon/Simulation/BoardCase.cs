using Appliance.Model;
using Appliance.Twin;

namespace Appliance.Daemon.Simulation;

/// <summary>
/// A seed from <see cref="CampaignCase.BoardsFrom"/> on: the boards with parts of their own in turn, in the weather that makes those parts work, with every
/// load, the recorded one too, and with faults of which about half are of those parts.
/// </summary>
internal static class BoardCase
{
    /// <summary>A room grows drier by percents in an hour.</summary>
    private const double MoistureDurationS = 3600;

    /// <summary>The fastest that a room's humidity comes and goes by itself, %RH a minute. A jump is a fault.</summary>
    private const double WeatherPercentPerMin = 2;

    public static (Scenario Scenario, Board Board) Of(int seed, SimulationBoards boards)
    {
        var board = boards.Others[(seed - CampaignCase.BoardsFrom) % boards.Others.Count];
        var random = new Random(seed);
        var duration = HasMoisture(board) ? MoistureDurationS : CampaignCase.DurationS;
        var (room, humidity) = Weather(random, board, duration);
        var stops = board.PowerBrake is not null && random.Next(3) == 0;
        return (new()
        {
            Name = $"seed {seed}",
            DurationS = duration,
            Cooling = board.Cooling,
            Seed = seed,
            Spread = 0.3,
            AmbientC = room,
            RoomRhPercent = humidity,
            GpuPowerW = stops && random.Next(2) == 0 ? [Series.Constant(board.Gpus.MaxW)] : Load(random, board, duration),
            Faults = [.. Faults(random, board, boards.Of(board.Cooling)), .. stops ? FlowLost(random, board) : []],
        }, board);
    }

    private static bool HasMoisture(Board board) => board.Lines.Any(l => l.SwitchesMoisture);

    /// <summary>Rooms from a cold store's to a summer's, and air from a desert's to a laundry's where the board has something against either.</summary>
    private static (Series RoomC, Series RhPercent) Weather(Random random, Board board, double duration)
    {
        var (coldest, warmest) = HasMoisture(board) ? (18, 36) : board.Valves.Any(v => v.Kind == "bypass") ? (8, 28) : (18, 28);
        var room = coldest + (warmest - coldest) * random.NextDouble();
        var later = Math.Clamp(room + 4 * (random.NextDouble() - 0.5), coldest, warmest);
        return (new([0, duration], [room, later]), HasMoisture(board) ? Humidity(random, duration) : Series.Constant(25 + 40 * random.NextDouble()));
    }

    private static Series Humidity(Random random, double duration)
    {
        double[] at = [0, duration / 3, 2 * duration / 3, duration];
        var percent = new double[at.Length];
        var most = WeatherPercentPerMin * duration / 3 / 60;
        for (var i = 0; i < at.Length; i++)
        {
            percent[i] = 10 + 85 * random.NextDouble();
            if (i > 0)
                percent[i] = Math.Clamp(percent[i], percent[i - 1] - most, percent[i - 1] + most);
        }

        return new(at, percent);
    }

    private static List<Series> Load(Random random, Board board, double duration)
    {
        switch (random.Next(4))
        {
            case 0: // so little that the band may begin above it
                var (low, high) = (70 + 50 * random.NextDouble(), 120 + 100 * random.NextDouble());
                return [new([0, duration / 4, duration / 4, duration / 2, duration / 2], [low, low, high, high, low])];
            case 1:
                return RecordedLoad.Of(random, board.Gpus.Count, board.Gpus.MaxW);
            default:
                return CampaignCase.Load(random, board.Gpus.Count, duration);
        }
    }

    /// <summary>None, one or two, of this board's own parts or of any.</summary>
    private static List<ScenarioFault> Faults(Random random, Board board, Board plain)
    {
        var own = OfOwnParts(board, plain);
        var faults = new List<ScenarioFault>();
        for (var n = random.Next(3); n > 0;)
        {
            if ((random.Next(2) == 0 ? Own(own, random) : CampaignCase.Any(random, board)) is not { } fault)
                continue;
            faults.Add(fault);
            n--;
        }

        return faults;
    }

    /// <summary>What can break on this board and not on the plain one with the same cooling.</summary>
    private static List<(FaultInfo Info, string Target)> OfOwnParts(Board board, Board plain) =>
        [.. FaultCatalogue.All.Where(f => !f.OfHealth)
            .SelectMany(f => FaultCatalogue.Targets(f, board).Except(FaultCatalogue.Targets(f, plain)).Select(target => (f, target)))];

    private static ScenarioFault Own(List<(FaultInfo Info, string Target)> own, Random random)
    {
        var (info, target) = own[random.Next(own.Count)];
        var (at, until) = CampaignCase.When(random);
        return new(at, until, new(info.Kind, target, CampaignCase.Value(info.Kind, random)));
    }

    /// <summary>In every third case on a board with a brake the loop stops, in one of three ways; the software lives, has just been killed or stopped, or is gone with its host.</summary>
    private static List<ScenarioFault> FlowLost(Random random, Board board)
    {
        var at = 60 + 600 * random.NextDouble();
        List<ScenarioFault> faults = random.Next(3) switch
        {
            0 => [.. board.Pumps.Select(p => new ScenarioFault(at, null, new(FaultKind.PumpDead, p.Name)))],
            1 => [.. board.Pumps.Select(p => new ScenarioFault(at, null, new(FaultKind.PumpNoFlow, p.Name)))],
            _ => [new(at, null, new(FaultKind.AirInLoop, "", 97 + 3 * random.NextDouble()))],
        };
        var before = at - 5 * random.NextDouble();
        switch (random.Next(5))
        {
            case 0 or 1:
                faults.Add(new(before, null, new(FaultKind.HostPanic, "")));
                break;
            case 2:
                faults.Add(new(before, null, new(FaultKind.DaemonKilled, "daemon")));
                break;
            case 3:
                faults.Add(new(before, null, new(FaultKind.DaemonStopped, "daemon")));
                break;
        }

        return faults;
    }
}
