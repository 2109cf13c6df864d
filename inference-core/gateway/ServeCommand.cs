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
        var tls = new Option<string?>("--tls") { Description = "Directory with api.crt and api.key: TLS 1.3 and nothing else. On a box /etc/appliance/tls." };
        var keys = new Option<string?>("--api-keys") { Description = "File of API keys; without it everybody may ask. On a box /etc/appliance/api-keys.json." };
        var command = new Command("serve", "Serve a model over an OpenAI-compatible API.") { model, device, listen, config, runDirectory, name, tls, keys };
        var limits = new ServeLimitOptions();
        limits.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            ServeSettings settings;
            try
            {
                settings = ServeSettings.Of(parsed.GetValue(model), parsed.GetValue(device), parsed.GetValue(listen),
                    parsed.GetValue(config), parsed.GetValue(runDirectory), parsed.GetValue(name),
                    parsed.GetValue(tls), parsed.GetValue(keys)) with
                { Limits = limits.Of(parsed) };
                if (settings.TlsDirectory is { } directory)
                    new ServerCertificate(directory, time).Load().Dispose();
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
