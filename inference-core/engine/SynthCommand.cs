using System.CommandLine;

namespace InferenceCore.Engine;

/// <summary><c>inference-core synth</c>: a random checkpoint for a config.</summary>
internal static class SynthCommand
{
    public static Command Create()
    {
        var config = new Option<string>("--config") { Description = "The config.json of the model to make.", Required = true };
        var seed = new Option<ulong>("--seed") { Description = "Same seed, same bytes.", Required = true };
        var output = new Option<string>("--out") { Description = "A new or empty directory.", Required = true };
        var type = new Option<string>("--dtype") { Description = "bf16, f16 or f32.", DefaultValueFactory = _ => "bf16" };
        type.AcceptOnlyFromAmong(SyntheticCheckpoint.Types);
        var command = new Command("synth", "Write a random checkpoint in Hugging Face layout.") { config, seed, output, type };
        command.SetAction(parsed => CommandEdge.Run(() =>
        {
            var path = parsed.GetValue(config)!;
            var model = ModelConfigReader.LoadFile(path);
            new SyntheticCheckpoint(model, parsed.GetValue(seed), parsed.GetValue(type)!).Write(path, parsed.GetValue(output)!);
            Console.WriteLine($"{parsed.GetValue(output)}: {model.ModelType}, {TensorPlan.Of(model).Sum(t => t.Elements) / 1e6:F1} million weights");
            return ExitCode.Done;
        }));
        return command;
    }
}
