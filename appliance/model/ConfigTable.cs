namespace Appliance.Model;

/// <summary>
/// Every key of <c>appliance.json</c>, once: the reader's errors, the published JSON Schema and its descriptions come from here.
/// Defaults are <see cref="BoxConfig"/>'s own.
/// </summary>
public static class ConfigTable
{
    public static IReadOnlyList<ConfigKey> Keys { get; } =
    [
        new("node", ConfigKind.Text, "The box' name on the bus.") { MaxLength = 64, NameOnly = true },

        new("bus.host", ConfigKind.Text, "Name or address of the MQTT broker."),
        Port("bus.port", "TCP port of the MQTT broker."),

        new("daemon.board", ConfigKind.Text, "A board's name, or the path to its file."),
        new("daemon.setpoint_c", ConfigKind.Number, "Coolant supply temperature to hold, °C; null takes the board's.", Nullable: true) { Min = 15, Max = 45 },
        new("daemon.down_slew_percent_per_s", ConfigKind.Number, "How fast a fan may be slowed down, percent of full scale per second; upwards there is no limit.") { Min = 0.5, Max = 100 },
        new("daemon.manual_timeout_min", ConfigKind.Number, "A manual override ends by itself after so many minutes.") { Min = 1, Max = 240 },
        new("daemon.frame_hz", ConfigKind.Number, "Telemetry frames a second.") { Min = 0.2, Max = 10 },
        new("daemon.metrics_port", ConfigKind.Whole, "TCP port of /metrics for Prometheus, on the loopback; 0 serves none.") { Min = 0, Max = 65535 },

        new("bmc_agent.listen", ConfigKind.Text, "Address the panel listens on."),
        Port("bmc_agent.port", "TCP port of the web panel."),
        new("bmc_agent.embedded_broker", ConfigKind.Flag, "True runs the embedded broker on bus.port; false uses the one that is there."),
        new("bmc_agent.event_log_limit", ConfigKind.Whole, "Events kept; the oldest go first.") { Min = 100, Max = 10_000_000 },

        new("inference_core.listen", ConfigKind.Text, "Address the inference API listens on."),
        Port("inference_core.port", "TCP port of the inference API."),
        new("inference_core.model", ConfigKind.Text, "Model directory in Hugging Face layout; null serves the field guide's model.", Nullable: true),
        new("inference_core.device", ConfigKind.Text, "What the model runs on.") { Choices = ["cpu"] },
        new("inference_core.max_running", ConfigKind.Whole, "Requests running at once.") { Min = 1, Max = 256 },
        new("inference_core.max_waiting", ConfigKind.Whole, "Requests waiting before 503 is answered.") { Min = 0, Max = 10_000 },
        new("inference_core.drain_s", ConfigKind.Number, "Seconds that answers under way get to finish when the process is told to stop.") { Min = 0, Max = 600 },

        new("health.gpu_memory_percent", ConfigKind.Number, "GPU memory in use above which gpu_memory_high is raised after 5 minutes, percent; free cache of the engine counts as free.") { Min = 50, Max = 100 },
        new("health.latency_p99_ms", ConfigKind.Number, "P99 between two tokens, or end to end of a model that answers in one piece, above which latency_high is raised, ms.") { Min = 1, Max = 60000 },
        new("health.first_token_ms", ConfigKind.Number, "P99 to the first token that every request is allowed, ms.") { Min = 1, Max = 600000 },
        new("health.first_token_ms_per_prompt_token", ConfigKind.Number, "What is added to first_token_ms for each token of the prompt, ms.") { Min = 0, Max = 1000 },
        new("health.availability_percent", ConfigKind.Number, "Requests answered below which availability_low is raised, percent.") { Min = 50, Max = 100 },
        new("health.server_error_percent", ConfigKind.Number, "Requests ended with HTTP 5xx above which http_errors_high is raised, percent.") { Min = 0, Max = 100 },
        new("health.clock_offset_us", ConfigKind.Number, "Offset of the system clock above which clock_offset_high is raised, µs.") { Min = 1, Max = 1000000 },
        new("health.node_latency_us", ConfigKind.Number, "Round trip to another node above which node_latency_high is raised, µs.") { Min = 1, Max = 1000000 },
        new("health.peers", ConfigKind.Text, "Other nodes whose round trip is watched, as host:port, separated by commas; null for none.", Nullable: true),
        new("health.minimum_requests", ConfigKind.Whole, "Requests within 5 minutes below which shares and latencies are not judged.") { Min = 1, Max = 1000000 },
    ];

    /// <summary>Sections and what they are for, in the order of the file.</summary>
    public static IReadOnlyList<(string Name, string About)> Sections { get; } =
    [
        ("bus", "Where the MQTT broker is."),
        ("daemon", "The control plane."),
        ("bmc_agent", "The management plane: broker, panel, event log."),
        ("inference_core", "The data plane: model and API."),
        ("health", "Thresholds of operation, with what they need to be judged."),
    ];

    public static ConfigKey? Find(string path) => Keys.FirstOrDefault(k => k.Path == path);

    /// <summary>Names allowed directly in a section; in the file itself (<c>""</c>) that includes the sections.</summary>
    public static IEnumerable<string> NamesIn(string section) =>
        Keys.Where(k => k.Section == section).Select(k => k.Name).Concat(section.Length == 0 ? Sections.Select(s => s.Name) : []);

    private static ConfigKey Port(string path, string about) => new(path, ConfigKind.Whole, about) { Min = 1, Max = 65535 };
}
