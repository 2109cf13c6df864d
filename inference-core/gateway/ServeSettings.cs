using System.Net;
using Appliance.Bus;
using Appliance.Model;

namespace InferenceCore.Gateway;

/// <summary>What <c>serve</c> was told, by options first and the configuration file second.</summary>
/// <param name="PortSetting">Where the port comes from: named when it is in use.</param>
/// <param name="TlsDirectory">Holds the API's certificate and key; null serves plain HTTP.</param>
/// <param name="ApiKeyFile">Who may use the API; null lets everybody.</param>
internal sealed record ServeSettings(
    BoxConfig Config, RunPaths Paths, string ModelDirectory, string ModelName, string Device, IPAddress Address, int Port, string PortSetting,
    string? TlsDirectory = null, string? ApiKeyFile = null)
{
    /// <summary>Body of a request, bytes: a full context of four-byte tokens in JSON, and room beside it.</summary>
    public const long MaxBodyBytes = 8 << 20;

    /// <summary>What options say of the engine's limits, beside the configuration.</summary>
    public ServeLimits Limits { get; init; } = new();

    private const string BoxConfigPath = "/etc/appliance/appliance.json";
    private const string BoxApiKeys = "/etc/appliance/api-keys.json";

    public InferenceConfig Inference => Config.InferenceCore;

    public string Url => $"{(TlsDirectory is null ? "http" : "https")}://{(Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{Address}]" : Address)}:{Port}";

    /// <exception cref="FormatException">One line: option or key, value, and what would be right.</exception>
    public static ServeSettings Of(string? model, string? device, string? listen, string? configFile, string? runDirectory, string? name,
        string? tlsDirectory = null, string? apiKeys = null)
    {
        // systemd sets this for RuntimeDirectory=appliance; everywhere else the twin's run directory is meant.
        var onBox = runDirectory is null && Environment.GetEnvironmentVariable("RUNTIME_DIRECTORY") == RunPaths.Box.Sockets;
        configFile ??= onBox && File.Exists(BoxConfigPath) ? BoxConfigPath : null;
        var config = PlaneConfig.Load(configFile, onBox ? RunPaths.Box.LastGoodConfig : null, _ => null, out var fault);
        if (fault is not null)
            Console.Error.WriteLine($"inference-core: {fault} The last good configuration is in force.");
        var inference = config.InferenceCore;
        var directory = model ?? inference.Model ?? ModelLoader.ShippedDirectory;
        if (!Directory.Exists(directory))
            throw new FormatException($"model directory {directory} does not exist; --model or inference_core.model must name a directory in Hugging Face layout");

        var (address, port) = listen is null ? (ParseAddress(inference.Listen, "inference_core.listen"), inference.Port) : ParseUrl(listen);
        return new ServeSettings(
            config,
            onBox ? RunPaths.Box : RunPaths.Twin(runDirectory ?? ".run"),
            directory,
            name ?? ModelLoader.NameOf(directory),
            device ?? inference.Device,
            address,
            port,
            listen is null ? "inference_core.port" : "--listen",
            // A box never serves its API in plain, nor to strangers: not before it is claimed either.
            tlsDirectory ?? (onBox ? BusTls.BoxDirectory : null),
            apiKeys ?? (onBox ? BoxApiKeys : null));
    }

    private static (IPAddress Address, int Port) ParseUrl(string listen)
    {
        if (!Uri.TryCreate(listen, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Port is < 1 or > 65535 || url.AbsolutePath != "/")
            throw new FormatException($"--listen: '{listen}' is not an address to listen on; right would be http://127.0.0.1:8080");
        return (ParseAddress(url.Host.Trim('[', ']'), "--listen"), url.Port);
    }

    private static IPAddress ParseAddress(string host, string setting) =>
        host == "localhost" ? IPAddress.Loopback
        : host is "*" or "+" ? IPAddress.Any
        : IPAddress.TryParse(host, out var address) ? address
        : throw new FormatException($"{setting}: '{host}' is not an IP address; right would be 127.0.0.1");
}
