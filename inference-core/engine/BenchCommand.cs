using System.CommandLine;
using System.Text.Json;

namespace InferenceCore.Engine;

/// <summary><c>inference-core bench</c>: speed beside its limit.</summary>
internal static class BenchCommand
{
    public static Command Create(TimeProvider time)
    {
        var model = EngineOptions.Model();
        var device = EngineOptions.Device();
        var prompt = EngineOptions.Number("--prompt-tokens", "Tokens of each prompt.", 1, 1 << 20, 128);
        var fresh = EngineOptions.Number("--new-tokens", "Tokens decoded for each prompt.", 1, 1 << 20, 256);
        var batch = EngineOptions.Number("--batch", "Sequences decoded side by side.", 1, 1024, 1);
        var threads = EngineOptions.Number("--threads", "Threads that compute.", 1, 64, 1);
        var random = new Option<bool>("--random-weights") { Description = "On a GPU: measure with weights made there; the model directory needs no more than config.json." };
        var json = EngineOptions.Json();
        var command = new Command("bench", "Time prefill and decode beside the memory bandwidth of the same run.") { model, device, prompt, fresh, batch, threads, random, json };
        command.SetAction(parsed => CommandEdge.Run(() =>
        {
            var benchmark = new Benchmark(time, parsed.GetValue(prompt), parsed.GetValue(fresh), parsed.GetValue(batch), parsed.GetValue(threads), parsed.GetValue(random));
            Print(benchmark.Run(parsed.GetValue(model)!, parsed.GetValue(device)!), parsed.GetValue(json));
            return ExitCode.Done;
        }));
        return command;
    }

    private static void Print(BenchmarkResult result, bool json)
    {
        var element = JsonSerializer.SerializeToElement(result, BenchmarkJson.Default.BenchmarkResult);
        if (json)
        {
            Console.WriteLine(element.GetRawText());
            return;
        }

        foreach (var property in element.EnumerateObject())
            Console.WriteLine($"{property.Name,-24} {(property.Value.ValueKind == JsonValueKind.Number ? property.Value.GetDouble().ToString("0.###") : property.Value.GetString())}");
    }
}
