using System.Text.Json;
using System.Text.Json.Serialization;

namespace Appliance.Model;

/// <summary>
/// <c>appliance.json</c>: how somebody wants this box. One file, a section per process; comments and trailing commas allowed.
/// Every key has a default, so that <c>{}</c> is a working configuration of the twin.
/// </summary>
public sealed record BoxConfig
{
    /// <summary>The box' name on the bus: letters, digits, '-' and '_'.</summary>
    public string Node { get; init; } = "box1";

    public BusConfig Bus { get; init; } = new();

    public DaemonConfig Daemon { get; init; } = new();

    public BmcAgentConfig BmcAgent { get; init; } = new();

    public InferenceConfig InferenceCore { get; init; } = new();
}

/// <summary>Where the MQTT broker is.</summary>
public sealed record BusConfig
{
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>TCP port, 1..65535.</summary>
    public int Port { get; init; } = 1883;
}

/// <summary>The control plane.</summary>
public sealed record DaemonConfig
{
    /// <summary>A board's name (looked up in the boards folder) or a path to its file.</summary>
    public string Board { get; init; } = "hgx-h100-8";

    /// <summary>Overrides the board's setpoint, °C, 15..45.</summary>
    public double? SetpointC { get; init; }

    /// <summary>How fast a fan may be slowed down, percent of full scale per second, 0.5..100. Upwards there is no limit.</summary>
    public double DownSlewPercentPerS { get; init; } = 10;

    /// <summary>A manual override ends by itself after this many minutes, 1..240.</summary>
    public double ManualTimeoutMin { get; init; } = 15;

    /// <summary>Telemetry frames a second, 0.2..10.</summary>
    public double FrameHz { get; init; } = 1;
}

/// <summary>The management plane.</summary>
public sealed record BmcAgentConfig
{
    /// <summary>Address of the panel.</summary>
    public string Listen { get; init; } = "127.0.0.1";

    /// <summary>TCP port of the panel, 1..65535.</summary>
    public int Port { get; init; } = 8000;

    /// <summary>True: run the embedded broker on <see cref="BusConfig.Port"/>. False: use the one that is there.</summary>
    public bool EmbeddedBroker { get; init; } = true;

    /// <summary>Events kept, 100..10 000 000; the oldest go first.</summary>
    public int EventLogLimit { get; init; } = 100_000;
}

/// <summary>The data plane.</summary>
public sealed record InferenceConfig
{
    public string Listen { get; init; } = "127.0.0.1";

    /// <summary>TCP port of the API, 1..65535.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>Model directory in Hugging Face layout; null serves the field-guide model that ships with the box.</summary>
    public string? Model { get; init; }

    /// <summary><c>cpu</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Requests running at once, 1..256.</summary>
    public int MaxRunning { get; init; } = 8;

    /// <summary>Requests waiting before 503, 0..10 000.</summary>
    public int MaxWaiting { get; init; } = 64;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    WriteIndented = true)]
[JsonSerializable(typeof(BoxConfig))]
public sealed partial class BoxConfigJson : JsonSerializerContext;
