using System.CommandLine;
using System.Text.Json;

namespace InferenceCore.Engine;

/// <summary><c>inference-core logits</c>: the logits at every position of a token sequence.</summary>
internal static class LogitsCommand
{
    public static Command Create()
    {
        var model = EngineOptions.Model();
        var device = EngineOptions.Device();
        var tokens = EngineOptions.Tokens();
        var json = EngineOptions.Json();
        var command = new Command("logits", "Print the logits at every position of a token sequence.") { model, device, tokens, json };
        tokens.Required = true;
        command.SetAction(parsed => CommandEdge.Run(() =>
            Print(parsed.GetValue(model)!, parsed.GetValue(device)!, parsed.GetValue(tokens)!, parsed.GetValue(json))));
        return command;
    }

    private static int Print(string directory, string device, int[] tokens, bool json)
    {
        using var forward = ForwardLoader.Load(directory, device, new ForwardOptions
        {
            MaxTokens = tokens.Length,
            MaxLogits = tokens.Length,
            MaxSequences = 1,
            CacheBlocks = KvCache.BlocksFor(tokens.Length),
            Threads = Environment.ProcessorCount,
        });
        var rows = forward.Step([new SequenceStep(new KvCache(forward.Config, pool: forward.Pool), tokens, LogitsOf.All)]);
        forward.Fetch([.. Enumerable.Range(0, rows)]);
        if (json)
            WriteJson(forward, rows);
        else
            WriteText(forward, rows);
        return ExitCode.Done;
    }

    private static void WriteJson(IForward forward, int rows)
    {
        using var output = Console.OpenStandardOutput();
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("positions");
            for (var row = 0; row < rows; row++)
                writer.WriteNumberValue(row);
            writer.WriteEndArray();
            writer.WriteStartArray("logits");
            for (var row = 0; row < rows; row++)
            {
                writer.WriteStartArray();
                foreach (var logit in forward.Logits(row))
                    writer.WriteNumberValue(logit);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }

    private static void WriteText(IForward forward, int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            var best = forward.Logits(row).ToArray().Index().OrderByDescending(l => l.Item).Take(5);
            Console.WriteLine($"{row,6}  {string.Join("  ", best.Select(l => $"{l.Index}: {l.Item:F4}"))}");
        }
    }
}
