using System.Text.Json;
using Appliance.Model;

namespace Appliance.Daemon.Simulation;

/// <summary>What <c>appliance sim</c> does once its words are read. Exit codes: 0 done, 1 an invariant broke, 64 usage, 78 bad scenario.</summary>
public static class SimulationVerb
{
    private const int Done = 0;
    private const int Failed = 1;
    private const int Usage = 64;
    private const int BadConfiguration = 78;

    /// <summary><c>appliance sim SCENARIO.json [--csv OUT.csv] [--summary OUT.json]</c>. The summary goes to standard output as well.</summary>
    public static int Scenario(string path, string? csv, string? summary, Board board, TextWriter output, TextWriter error, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        try
        {
            var run = new SimulationRun(ScenarioFile.Read(path, board), board, csv: csv is not null);
            var json = JsonSerializer.Serialize(run.Run(time), SimulationJson.Default.SimulationSummary);
            if (csv is not null)
                File.WriteAllText(csv, run.Csv);
            if (summary is not null)
                File.WriteAllText(summary, json + "\n");
            output.WriteLine(json);
            return Done;
        }
        catch (FormatException e)
        {
            error.WriteLine($"appliance sim: {e.Message}");
            return BadConfiguration;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"appliance sim: {e.Message}");
            return Failed;
        }
    }

    /// <summary><c>appliance sim --campaign [--seeds A..B]</c>.</summary>
    public static int RunCampaign(string? seeds, Board board, TextWriter output, TextWriter error, TimeProvider time)
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
        Parallel.For(first, last + 1, new() { MaxDegreeOfParallelism = Environment.ProcessorCount }, seed =>
        {
            if (Campaign.Check(seed, board, time) is not { } broken)
                return;
            Interlocked.Increment(ref failed);
            lock (output)
                output.WriteLine($"seed {seed}: {broken}\n  repeat: ./build.sh sim --seeds {seed}..{seed}");
        });
        var wall = time.GetElapsedTime(started).TotalSeconds;
        var count = last - first + 1;
        var faster = count * (CampaignCase.DurationS + SimulationRun.WarmUpS) / Math.Max(wall, 1e-9);
        output.WriteLine($"{count - failed} of {count} seeds held every invariant, {wall:0.0} s, {faster:0}x real time on {Environment.ProcessorCount} cores");
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
