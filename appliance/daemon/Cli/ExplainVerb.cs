using System.Text.Json;
using System.Text.Json.Serialization;
using Appliance.Health.KernelLog;

namespace Appliance.Daemon.Cli;

/// <summary><c>appliance explain --kmsg FILE</c>: the lines of a kernel log that matter, each with what to do about it. Needs no daemon.</summary>
internal static class ExplainVerb
{
    /// <param name="file"><c>-</c> reads <paramref name="input"/>.</param>
    public static int Run(string file, TextReader input, Output output)
    {
        var decided = 0;
        try
        {
            foreach (var decision in KernelLogFile.Decide(file == "-" ? Lines(input) : File.ReadLines(file)))
            {
                decided++;
                if (output.Json)
                    output.Data(decision, ExplainJson.Default.KernelDecision);
                else
                    output.Lines(Text(decision, output.Screen));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return output.Fail(ExitCode.Failed, $"{file} cannot be read: {e.Message}");
        }

        if (decided == 0 && !output.Json)
            output.Line("No line speaks of a part of the box.");
        return ExitCode.Done;
    }

    private static IEnumerable<string> Text(KernelDecision decision, Screen screen)
    {
        var mark = decision.Severity switch
        {
            FaultSeverity.Fatal => screen.Bad("✗"),
            FaultSeverity.Degraded => screen.Warn("▲"),
            _ => screen.Faint("·"),
        };
        var what = decision.Xid is { } xid ? $"XID {xid}" : decision.Component;
        yield return $"{mark} {screen.Strong($"{decision.Line}: {what}")}{(decision.Gpu is null ? "" : $" on {decision.Gpu}")}  {Word(decision.Severity)}";
        yield return $"    {decision.Why}";
        yield return $"    → {decision.Action ?? "no action in the catalogue"}{(decision.Alarm is null ? "" : screen.Faint($"  (alarm {decision.Alarm})"))}";
    }

    private static string Word(FaultSeverity severity) => severity switch
    {
        FaultSeverity.Fatal => "fatal",
        FaultSeverity.Degraded => "degraded",
        FaultSeverity.Application => "application",
        FaultSeverity.Information => "information",
        _ => throw new System.Diagnostics.UnreachableException($"No word for {severity}."),
    };

    private static IEnumerable<string> Lines(TextReader input)
    {
        while (input.ReadLine() is { } line)
            yield return line;
    }
}

/// <summary>The contract of <c>explain --json</c>: one object a line, keys in this order.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(FaultSeverityConverter)])]
[JsonSerializable(typeof(KernelDecision))]
internal sealed partial class ExplainJson : JsonSerializerContext;

internal sealed class FaultSeverityConverter() : JsonStringEnumConverter<FaultSeverity>(JsonNamingPolicy.SnakeCaseLower);
