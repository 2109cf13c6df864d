using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace InferenceCore.Engine;

/// <summary><c>inference-core logits</c>: the logits at the positions of one or several token sequences.</summary>
internal static class LogitsCommand
{
    public static Command Create()
    {
        var model = EngineOptions.Model();
        var device = EngineOptions.Device();
        var tokens = EngineOptions.Tokens();
        var file = new Option<string?>("--tokens-file") { Description = "A file of token ids, one sequence a line, computed side by side. Needs --output." };
        var positions = new Option<int[]?>("--positions")
        {
            Description = "Positions wanted, separated by commas. Default all.",
            CustomParser = result => EngineOptions.Numbers(result, "position", "numbers separated by commas, like 0,63,64"),
        };
        var step = EngineOptions.Number("--step-tokens", "Tokens of a sequence in one step at most.", 1, 1 << 20, 512);
        var output = new Option<string?>("--output") { Description = "Write the rows there as float32, sequence by sequence, and print only their number." };
        var json = EngineOptions.Json();
        var command = new Command("logits", "Print the logits at every position of a token sequence.") { model, device, tokens, file, positions, step, output, json };
        command.Validators.Add(result =>
        {
            if (result.GetResult(tokens) is null == result.GetResult(file) is null)
                result.AddError("logits takes either --tokens 1,2,3 or --tokens-file FILE");
            else if (result.GetResult(file) is not null && result.GetResult(output) is null)
                result.AddError("--tokens-file needs --output FILE: what several sequences give is not for reading");
        });
        command.SetAction(parsed => CommandEdge.Run(() =>
        {
            var sequences = parsed.GetValue(file) is { } path ? TokensFile.Read(path) : [parsed.GetValue(tokens)!];
            var wanted = Wanted(parsed.GetValue(positions), sequences);
            var room = LogitRow.RoomFor(sequences, parsed.GetValue(step));
            using var forward = ForwardLoader.Load(parsed.GetValue(model)!, parsed.GetValue(device)!, room);
            Report(LogitRow.Compute(forward, sequences, parsed.GetValue(step), wanted), parsed.GetValue(output), parsed.GetValue(json));
            return ExitCode.Done;
        }));
        return command;
    }

    private static HashSet<int>? Wanted(int[]? positions, List<int[]> sequences)
    {
        // An option of many values that is not given may be null or empty.
        if (positions is not { Length: > 0 })
            return null;
        var longest = sequences.Max(s => s.Length);
        return positions.Max() < longest
            ? positions.ToHashSet()
            : throw new EngineException($"position {positions.Max()} is past the end; the longest sequence has {longest} tokens");
    }

    private static void Report(List<LogitRow> rows, string? output, bool json)
    {
        if (output is not null)
            WriteRows(rows, output);
        else if (json)
            WriteJson(rows);
        else
            WriteText(rows);
    }

    private static void WriteRows(List<LogitRow> rows, string output)
    {
        using (var file = File.Create(output))
        {
            foreach (var row in rows)
                file.Write(MemoryMarshal.AsBytes<float>(row.Values));
        }

        Console.WriteLine($"{output}: {rows.Count} rows of {rows[0].Values.Length} float32");
    }

    private static void WriteJson(List<LogitRow> rows)
    {
        using var output = Console.OpenStandardOutput();
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("positions");
            foreach (var row in rows)
                writer.WriteNumberValue(row.Position);
            writer.WriteEndArray();
            writer.WriteStartArray("logits");
            foreach (var row in rows)
            {
                writer.WriteStartArray();
                foreach (var logit in row.Values)
                    writer.WriteNumberValue(logit);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }

    private static void WriteText(List<LogitRow> rows)
    {
        foreach (var row in rows)
        {
            var best = row.Values.Index().OrderByDescending(l => l.Item).Take(5);
            Console.WriteLine($"{row.Position,6}  {string.Join("  ", best.Select(l => $"{l.Index}: {l.Item:F4}"))}");
        }
    }
}
