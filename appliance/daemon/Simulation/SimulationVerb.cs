namespace Appliance.Daemon.Simulation;

/// <summary>The campaign of <c>appliance sim</c> once its words are read. Exit codes: 0 done, 1 an invariant broke, 64 usage.</summary>
public static class SimulationVerb
{
    private const int Done = 0;
    private const int Failed = 1;
    private const int Usage = 64;

    /// <summary>Seeds with the recorded load that are played beside 1 to 200 when nobody says which.</summary>
    private const int RecordedByDefault = 40;

    /// <summary>Seeds that walk through the other boards, likewise.</summary>
    private const int BoardsByDefault = 40;

    /// <summary><c>appliance sim --campaign [--seeds A..B]</c>.</summary>
    public static int RunCampaign(string? seeds, SimulationBoards boards, TextWriter output, TextWriter error, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        ArgumentNullException.ThrowIfNull(time);
        if (!TrySeeds(seeds ?? "1..200", out var first, out var last))
        {
            error.WriteLine($"appliance sim: --seeds {seeds} is not A..B with 0 <= A <= B, for example 1..200");
            return Usage;
        }

        var started = time.GetTimestamp();
        var failed = 0;
        var played = 0.0;
        List<int> chosen = [.. Enumerable.Range(first, last - first + 1)];
        if (seeds is null)
            chosen.AddRange([.. Enumerable.Range(CampaignCase.RecordedFrom, RecordedByDefault), .. Enumerable.Range(CampaignCase.BoardsFrom, BoardsByDefault)]);
        Parallel.ForEach(chosen, new() { MaxDegreeOfParallelism = Environment.ProcessorCount }, seed =>
        {
            var broken = Campaign.Check(seed, boards, time, out var seconds);
            lock (chosen)
                (played, failed) = (played + seconds, failed + (broken is null ? 0 : 1));
            if (broken is null)
                return;
            lock (output)
                output.WriteLine($"seed {seed}: {broken}\n  repeat: ./build.sh sim --seeds {seed}..{seed}");
        });
        var wall = time.GetElapsedTime(started).TotalSeconds;
        var count = chosen.Count;
        var faster = played / Math.Max(wall, 1e-9);
        output.WriteLine($"{count - failed} of {count} seeds held every invariant, {wall:0.0} s, {faster:0}x real time on {Environment.ProcessorCount} cores, {faster / Environment.ProcessorCount:0}x on each");
        return failed == 0 ? Done : Failed;
    }

    private static bool TrySeeds(string text, out int first, out int last)
    {
        last = 0;
        var dots = text.IndexOf("..", StringComparison.Ordinal);
        if (dots < 0)
            return int.TryParse(text, out first) && first >= 0 && (last = first) >= 0;
        return int.TryParse(text.AsSpan(0, dots), out first) & int.TryParse(text.AsSpan(dots + 2), out last) && first >= 0 && last >= first;
    }
}
