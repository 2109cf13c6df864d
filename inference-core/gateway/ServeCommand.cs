using System.CommandLine;

namespace InferenceCore.Gateway;

/// <summary><c>inference-core serve</c>.</summary>
internal static class ServeCommand
{
    public static Command Create(TimeProvider time)
    {
        var model = new Option<string?>("--model") { Description = "Model directory in Hugging Face layout; the field guide that ships with the box if left out." };
        var device = new Option<string?>("--device") { Description = $"Where to compute: {Engine.EngineOptions.Devices}." };
        var listen = new Option<string?>("--listen") { Description = "Address of the API: http://127.0.0.1:8080." };
        var config = new Option<string?>("--config") { Description = "appliance.json; defaults if left out." };
        var runDirectory = new Option<string?>("--run-dir") { Description = "Where the control socket lies: .run." };
        var name = new Option<string?>("--name") { Description = "What clients call the model; the directory's name if left out." };
        var limits = new ServeLimitOptions();
        var command = new Command("serve", "Serve a model over an OpenAI-compatible API.") { model, device, listen, config, runDirectory, name };
        limits.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            ServeSettings settings;
            try
            {
                settings = ServeSettings.Of(parsed.GetValue(model), parsed.GetValue(device), parsed.GetValue(listen),
                    parsed.GetValue(config), parsed.GetValue(runDirectory), parsed.GetValue(name)) with { Limits = limits.Of(parsed) };
            }
            catch (FormatException e)
            {
                Console.Error.WriteLine($"inference-core: {e.Message}");
                return ExitCode.BadConfiguration;
            }
            return await Server.RunAsync(settings, time);
        });
        return command;
    }
}
