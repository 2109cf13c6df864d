using Appliance.Model;

namespace Appliance.Health.Board;

/// <summary>The operating thresholds that a customer may set. What is physics or the vendor's stands with its rule.</summary>
public sealed record HealthLimits
{
    public static HealthLimits Of(HealthConfig config) => new()
    {
        GpuMemoryPercent = config.GpuMemoryPercent,
        LatencyP99Ms = config.LatencyP99Ms,
        FirstTokenMs = config.FirstTokenMs,
        FirstTokenMsPerPromptToken = config.FirstTokenMsPerPromptToken,
        AvailabilityPercent = config.AvailabilityPercent,
        ServerErrorPercent = config.ServerErrorPercent,
        ClockOffsetUs = config.ClockOffsetUs,
        NodeLatencyUs = config.NodeLatencyUs,
        MinimumRequests = config.MinimumRequests,
    };

    /// <summary>Share of GPU memory in use, percent.</summary>
    public double GpuMemoryPercent { get; init; } = 90;

    /// <summary>P99 between tokens, and end to end of models that answer in one piece, ms.</summary>
    public double LatencyP99Ms { get; init; } = 200;

    /// <summary>P99 to the first token, ms: a part for every request and a part per prompt token.</summary>
    public double FirstTokenMs { get; init; } = 2000;

    public double FirstTokenMsPerPromptToken { get; init; } = 1;

    /// <summary>Percent of requests answered.</summary>
    public double AvailabilityPercent { get; init; } = 99.9;

    /// <summary>Percent of requests ended with HTTP 5xx.</summary>
    public double ServerErrorPercent { get; init; } = 0.1;

    public double ClockOffsetUs { get; init; } = 100;

    public double NodeLatencyUs { get; init; } = 500;

    /// <summary>Requests within the window below which shares and quantiles say nothing.</summary>
    public int MinimumRequests { get; init; } = 200;
}
