using System.Text.Json.Serialization;

namespace Appliance.Model;

// What goes over the wire at 1 Hz, one record per component. Property names become snake_case; units come last in them.
// A null number is absent: the source answered nothing, and nobody invents a zero for it.

/// <summary>One telemetry message: <c>frame/&lt;component&gt;</c>, QoS 0, newest wins.</summary>
public abstract record Frame
{
    /// <summary>UTC of the tick the values belong to, RFC 3339 with milliseconds.</summary>
    public required DateTimeOffset Ts { get; init; }

    /// <summary>Seconds after <see cref="Ts"/> from which a reader must call the values stale.</summary>
    public double TtlS { get; set; } = 3;
}

/// <summary>One fan or pump as commanded and as measured.</summary>
/// <param name="Name"><c>fan1</c> … <c>fan6</c>, <c>pump1</c>, <c>pump2</c>.</param>
/// <param name="DutyPercent">What was commanded and read back, 0..100.</param>
/// <param name="Rpm">Tachometer, null when it does not answer.</param>
/// <param name="State"><c>ok</c>, <c>stalled</c>, <c>slow</c>, <c>tach_lost</c>, <c>write_failed</c>, <c>absent</c>.</param>
/// <param name="Reason">Who drives it and why, in a few words: "return 46.1 °C, one fan down".</param>
public sealed record RotorFrame(string Name, double DutyPercent, double? Rpm, string State, string Reason);

/// <summary>One sensor with its quality, as the estimator sees it.</summary>
public sealed record SensorFrame(string Name, double? Value, string Unit, Quality Q);

public sealed record ThermalFrame : Frame
{
    /// <summary>Voted coolant supply, the controlled value by default.</summary>
    public double? CoolantSupplyC { get; init; }

    public double? CoolantReturnC { get; init; }

    /// <summary>Voted air at the cabinet's inlet; absent where the board does not measure it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? CabinetInletC { get; init; }

    /// <summary>The sensor group that the setpoint is held at; absent for <c>coolant_supply</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ControlledSensor { get; init; }

    public double? FlowLMin { get; init; }

    public double? AmbientC { get; init; }

    public double? HumidityPercent { get; init; }

    public double? DewPointC { get; init; }

    public double SetpointC { get; init; }

    /// <summary>Half width of the band around the setpoint, kelvin.</summary>
    public double BandK { get; init; }

    /// <summary><c>boot</c>, <c>running</c>, <c>manual</c>, <c>overheat</c>, <c>shutdown</c>, <c>failsafe</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>Heat the GPUs put in now, W.</summary>
    public double HeatW { get; init; }

    /// <summary>Heat the loop could remove now at the setpoint, W; null until it is known.</summary>
    public double? CapacityW { get; init; }

    public bool Leak { get; init; }

    public double? LevelPercent { get; init; }

    public IReadOnlyList<RotorFrame> Fans { get; set; } = [];

    public IReadOnlyList<RotorFrame> Pumps { get; set; } = [];

    /// <summary>Modulating valves and a (de)humidifier as they are driven, without a tachometer; absent where the board has none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RotorFrame>? Valves { get; init; }

    public IReadOnlyList<SensorFrame> Sensors { get; set; } = [];

    public long Tick { get; init; }

    /// <summary>How late the last tick began, ms.</summary>
    public double LatenessMs { get; init; }
}

public sealed record GpuFrame : Frame
{
    public int Index { get; init; }

    public string? Name { get; init; }

    public string? Uuid { get; init; }

    public string? PciBusId { get; init; }

    public double? PowerW { get; init; }

    public double? PowerLimitW { get; init; }

    /// <summary>Why the box itself holds this GPU back; absent while it does not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LimitReason { get; init; }

    /// <summary>True while the box holds the clock at its lowest; absent while it does not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? LowestClock { get; init; }

    public double? TemperatureC { get; init; }

    public double? MemoryTemperatureC { get; init; }

    /// <summary>Kelvin left to throttling (NVML T.Limit).</summary>
    public double? MarginK { get; init; }

    public double? SmClockMhz { get; init; }

    public double? UtilizationPercent { get; init; }

    public double? MemoryUsedMib { get; init; }

    public double? MemoryTotalMib { get; init; }

    public IReadOnlyList<string> ThrottleReasons { get; set; } = [];

    /// <summary><c>ok</c>, <c>warning</c>, <c>lost</c>, <c>unreadable</c>.</summary>
    public required string State { get; init; }
}

public sealed record FabricFrame : Frame
{
    /// <summary>NVLinks up of those the board has; null where the library does not say.</summary>
    public int? NvlinksUp { get; init; }

    public int? NvlinksTotal { get; init; }

    /// <summary><c>ok</c>, <c>degraded</c>, <c>none</c> (GPUs without links), <c>unknown</c>.</summary>
    public required string State { get; init; }
}

public sealed record PowerFrame : Frame
{
    public double GpusW { get; init; }

    public double FansW { get; init; }

    public double PumpsW { get; init; }

    public double TotalW { get; init; }

    /// <summary>GPU energy the box itself withheld since start, Wh.</summary>
    public double WithheldWh { get; init; }
}

public sealed record InferenceFrame : Frame
{
    public required string Model { get; init; }

    /// <summary><c>loading</c>, <c>ready</c>, <c>failed</c>, <c>parked</c>.</summary>
    public required string State { get; init; }

    public required string Device { get; init; }

    public int Running { get; init; }

    public int Waiting { get; init; }

    public long RequestsTotal { get; init; }

    public long GeneratedTokensTotal { get; init; }

    public double TokensPerSecond { get; init; }

    /// <summary>Requests to the API that were answered, and those of them with HTTP 5xx; since the gateway's start.</summary>
    public long? HttpRequestsTotal { get; init; }

    public long? HttpServerErrorsTotal { get; init; }

    /// <summary>Answers that were begun and could not be finished.</summary>
    public long? AnswersLostTotal { get; init; }

    /// <summary>P99 between two tokens over the last five minutes, ms; null without an answer in them.</summary>
    public double? InterTokenP99Ms { get; init; }

    /// <summary>P99 to the first token over the last five minutes, ms, and the mean prompt of those requests.</summary>
    public double? FirstTokenP99Ms { get; init; }

    public double? PromptTokensMean { get; init; }

    /// <summary>Answers that the latencies are of.</summary>
    public long? LatencyAnswers { get; init; }

    /// <summary>What the engine's caches hold of GPUs; empty for an engine that has none there, null while no engine is there to say.</summary>
    public IReadOnlyList<GpuCache>? GpuCaches { get; init; }

    /// <summary>
    /// What was found changed in a worker that was not believed any more, as the end of a sentence about the engine; null when nothing was since the
    /// gateway's start.
    /// </summary>
    public string? Suspicion { get; init; }

    public string? Detail { get; init; }
}

/// <summary>Payload of <c>$state</c>, retained, QoS 1; <c>lost</c> is the last will.</summary>
/// <param name="State"><c>init</c>, <c>ready</c>, <c>degraded</c>, <c>updating</c>, <c>disconnected</c>, <c>lost</c>.</param>
public sealed record NodeState(string State, long Boot, DateTimeOffset Ts);

/// <summary>Payload of <c>state/&lt;component&gt;/&lt;point&gt;</c>.</summary>
public sealed record PointState(double? V, Quality Q, DateTimeOffset Ts, double TtlS);

/// <summary>Payload of <c>$description</c>: every point, and a hash that changes when they do.</summary>
public sealed record NodeDescription(string Hash, string Version, IReadOnlyList<PointDescription> Points);

public sealed record PointDescription(string Id, string Unit, string Type, double? Min, double? Max, double TtlS);
