using System.Text.Json;
using System.Text.Json.Serialization;

namespace Appliance.Model;

/// <summary>
/// <c>appliance.json</c>: how somebody wants this box. One file, a section per process; comments and trailing commas allowed.
/// Every key has a default, so that <c>{}</c> is a working configuration of the twin.
/// (Properties with a default are <c>set</c>, not <c>init</c>: the JSON generator forgets the default of an init property whose key is
/// missing. The same holds for the other records of the wire.)
/// </summary>
public sealed record BoxConfig
{
    /// <summary>The box' name on the bus: letters, digits, '-' and '_'.</summary>
    public string Node { get; set; } = "box1";

    public BusConfig Bus { get; set; } = new();

    public DaemonConfig Daemon { get; set; } = new();

    public BmcAgentConfig BmcAgent { get; set; } = new();

    public InferenceConfig InferenceCore { get; set; } = new();

    public HealthConfig Health { get; set; } = new();
}

/// <summary>Where the MQTT broker is.</summary>
public sealed record BusConfig
{
    public string Host { get; set; } = "127.0.0.1";

    /// <summary>TCP port, 1..65535.</summary>
    public int Port { get; set; } = 1883;
}

/// <summary>The control plane.</summary>
public sealed record DaemonConfig
{
    /// <summary>A board's name (looked up in the boards folder) or a path to its file.</summary>
    public string Board { get; set; } = "hgx-h100-8";

    /// <summary>Overrides the board's setpoint, °C, 15..45.</summary>
    public double? SetpointC { get; set; }

    /// <summary>How fast a fan may be slowed down, percent of full scale per second, 0.5..100. Upwards there is no limit.</summary>
    public double DownSlewPercentPerS { get; set; } = 10;

    /// <summary>A manual override ends by itself after this many minutes, 1..240.</summary>
    public double ManualTimeoutMin { get; set; } = 15;

    /// <summary>Telemetry frames a second, 0.2..10.</summary>
    public double FrameHz { get; set; } = 1;

    /// <summary>TCP port of <c>/metrics</c> on the loopback, 1..65535; 0 serves none.</summary>
    public int MetricsPort { get; set; } = 9400;
}

/// <summary>The management plane.</summary>
public sealed record BmcAgentConfig
{
    /// <summary>Address of the panel.</summary>
    public string Listen { get; set; } = "127.0.0.1";

    /// <summary>TCP port of the panel, 1..65535.</summary>
    public int Port { get; set; } = 8000;

    /// <summary>True: run the embedded broker on <see cref="BusConfig.Port"/>. False: use the one that is there.</summary>
    public bool EmbeddedBroker { get; set; } = true;

    /// <summary>Events kept, 100..10 000 000; the oldest go first.</summary>
    public int EventLogLimit { get; set; } = 100_000;
}

/// <summary>The data plane.</summary>
public sealed record InferenceConfig
{
    public string Listen { get; set; } = "127.0.0.1";

    /// <summary>TCP port of the API, 1..65535.</summary>
    public int Port { get; set; } = 8080;

    /// <summary>Model directory in Hugging Face layout; null serves the field-guide model that ships with the box.</summary>
    public string? Model { get; set; }

    /// <summary><c>cpu</c>.</summary>
    public string Device { get; set; } = "cpu";

    /// <summary>Requests running at once, 1..256.</summary>
    public int MaxRunning { get; set; } = 8;

    /// <summary>Requests waiting before 503, 0..10 000.</summary>
    public int MaxWaiting { get; set; } = 64;

    /// <summary>Seconds that answers under way get to finish when the process is told to stop, 0..600.</summary>
    public double DrainS { get; set; } = 3;
}

/// <summary>The thresholds of operation; what is physics or the vendor's is not configured.</summary>
public sealed record HealthConfig
{
    /// <summary>GPU memory in use above which gpu_memory_high is raised after 5 minutes, percent; free cache of the engine counts as free.</summary>
    public double GpuMemoryPercent { get; set; } = 90;

    /// <summary>P99 between two tokens, or end to end of a model that answers in one piece, above which latency_high is raised, ms.</summary>
    public double LatencyP99Ms { get; set; } = 200;

    /// <summary>P99 to the first token that every request is allowed, ms.</summary>
    public double FirstTokenMs { get; set; } = 2000;

    /// <summary>What is added to first_token_ms for each token of the prompt, ms.</summary>
    public double FirstTokenMsPerPromptToken { get; set; } = 1;

    /// <summary>Requests answered below which availability_low is raised, percent.</summary>
    public double AvailabilityPercent { get; set; } = 99.9;

    /// <summary>Requests ended with HTTP 5xx above which http_errors_high is raised, percent.</summary>
    public double ServerErrorPercent { get; set; } = 0.1;

    /// <summary>Offset of the system clock above which clock_offset_high is raised, µs.</summary>
    public double ClockOffsetUs { get; set; } = 100;

    /// <summary>Round trip to another node above which node_latency_high is raised, µs.</summary>
    public double NodeLatencyUs { get; set; } = 500;

    /// <summary>Other nodes whose round trip is watched, as host:port, separated by commas; null for none.</summary>
    public string? Peers { get; set; }

    /// <summary>Requests within 5 minutes below which shares and latencies are not judged.</summary>
    public int MinimumRequests { get; set; } = 200;
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
