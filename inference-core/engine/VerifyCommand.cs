using System.CommandLine;
using System.Text.Json;

namespace InferenceCore.Engine;

/// <summary><c>inference-core verify</c>: says the first thing wrong with a model directory and where.</summary>
internal static class VerifyCommand
{
    /// <param name="tokenizerCheck">Looks the tokenizer over and says what it found; the tokenizer belongs to another part.</param>
    public static Command Create(Func<string, string> tokenizerCheck)
    {
        var model = EngineOptions.Model();
        var device = new Option<string?>("--device") { Description = $"Also load it on this device and compute a token: {EngineOptions.Devices}." };
        var write = new Option<bool>("--write-hashes")
        {
            Description = $"When all is well, write {HashList.FileName} and {HashList.BlocksName}, by which weights are checked while they are loaded.",
        };
        var json = EngineOptions.Json();
        var command = new Command("verify", "Check a model directory: configuration, files, hashes, shapes, values, tokenizer.") { model, device, write, json };
        command.SetAction(parsed => CommandEdge.Run(() =>
        {
            var directory = parsed.GetValue(model)!;
            var checks = ModelVerifier.Checks(directory).Append(("tokenizer", () => tokenizerCheck(directory)));
            if (parsed.GetValue(device) is { } name)
                checks = checks.Append(("engine", () => ModelVerifier.CheckEngine(directory, name)));
            if (parsed.GetValue(write))
                checks = checks.Append(("written", () => ModelVerifier.WriteHashes(directory)));
            return Verify(checks, parsed.GetValue(json));
        }));
        return command;
    }

    private static int Verify(IEnumerable<(string Name, Func<string> Check)> checks, bool json)
    {
        var found = new List<(string Name, string Detail)>();
        (string Name, string Detail)? wrong = null;
        foreach (var (name, check) in checks)
        {
            try
            {
                found.Add((name, check()));
                if (!json)
                    Console.WriteLine($"{name,-10} {found[^1].Detail}");
            }
            catch (EngineException e)
            {
                wrong = (name, e.Message);
                break;
            }
        }

        if (json)
            WriteJson(found, wrong);
        if (wrong is not { } fault)
            return ExitCode.Done;
        Console.Error.WriteLine($"inference-core: {fault.Detail}");
        return ExitCode.Failed;
    }

    private static void WriteJson(List<(string Name, string Detail)> found, (string Name, string Detail)? wrong)
    {
        using var output = Console.OpenStandardOutput();
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteBoolean("ok", wrong is null);
            writer.WriteStartObject("checks");
            foreach (var (name, detail) in found)
                writer.WriteString(name, detail);
            writer.WriteEndObject();
            if (wrong is { } fault)
            {
                writer.WriteString("failed_check", fault.Name);
                writer.WriteString("error", fault.Detail);
            }

            writer.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }
}
