using System.Text.Json.Serialization;

namespace Appliance.Daemon.Simulation;

/// <summary>What a run came to, scored on the plant's truth, not on what the controller believed.</summary>
public sealed record SimulationSummary
{
    public required string Name { get; init; }
    public required double DurationS { get; init; }
    public double PeakSupplyC { get; set; }

    /// <summary>Lowest supply after the band was first entered; null if it never was.</summary>
    public double? MinSupplyCAfterWarmup { get; set; }
    [JsonPropertyName("seconds_over_40_c")]
    public double SecondsOver40C { get; set; }
    [JsonPropertyName("seconds_under_36_c")]
    public double SecondsUnder36C { get; set; }

    /// <summary>From the last power step until the supply stays within ±0.5 K; null if it never does or power never rests.</summary>
    public double? SettleS { get; set; }

    /// <summary>Mean distance of the voted reading from the setpoint over the last quarter (at most 300 s) of the run.</summary>
    public double? SteadyErrorK { get; set; }
    public double GpuPeakC { get; set; }

    /// <summary>Least distance of any die to its throttle temperature.</summary>
    public double MarginMinK { get; set; }
    public double FanEnergyWh { get; set; }
    public double PumpEnergyWh { get; set; }
    public double GpuEnergyWithheldWh { get; set; }

    /// <summary>The plant, unbroken, can hold the setpoint flat out at the highest power and room temperature of the run.</summary>
    public bool Feasible { get; set; }

    /// <summary>Times the engine was parked or the box switched off while no fault stood and none had stood in the last 60 s.</summary>
    public int NuisanceTrips { get; set; }

    /// <summary>No GPU had to throttle or save itself, none is hotter than its limit at the end, coolant at most 40 °C or GPUs off.</summary>
    public bool SafeState { get; set; }

    /// <summary>Seconds any GPU slowed itself down at its own limit.</summary>
    public double SelfThrottledS { get; set; }
    public List<SimulationAlarm> Alarms { get; } = [];
    public List<SimulationAction> Actions { get; } = [];
    public double RealTimeFactor { get; set; }
}

public sealed record SimulationAlarm([property: JsonPropertyName("t_s")] double TS, string Code, string Target);

/// <param name="Value">With the action's own unit: W for limits, percent for duties, 0 or 1 for switches.</param>
public sealed record SimulationAction([property: JsonPropertyName("t_s")] double TS, string Action, string Target, double? Value);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(SimulationSummary))]
public sealed partial class SimulationJson : JsonSerializerContext;
