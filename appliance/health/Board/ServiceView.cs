namespace Appliance.Health.Board;

/// <summary>What the engine says about its service; counters run on from its start. What it does not say is null and judged by nobody.</summary>
public sealed record ServiceView
{
    /// <summary>Uptime at which it was said.</summary>
    public TimeSpan At { get; init; }

    /// <summary>All requests that ended.</summary>
    public long? Requests { get; init; }

    /// <summary>Of those, answered with HTTP 5xx.</summary>
    public long? ServerErrors { get; init; }

    /// <summary>Of those, lost otherwise: refused connections, cut streams.</summary>
    public long? Lost { get; init; }

    /// <summary>Answers within the window that the latencies are of.</summary>
    public long? LatencySamples { get; init; }

    /// <summary>Between two tokens of a text, P99, ms.</summary>
    public double? InterTokenP99Ms { get; init; }

    /// <summary>From request to answer where a model answers in one piece, P99, ms.</summary>
    public double? EndToEndP99Ms { get; init; }

    /// <summary>P99 to the first token, ms, and the mean prompt length of those requests.</summary>
    public double? FirstTokenP99Ms { get; init; }

    public double? PromptTokens { get; init; }

    /// <summary>Of the engine's cache, by GPU, MiB: preallocated, and free for new requests.</summary>
    public IReadOnlyList<double?> FreeCacheMib { get; init; } = [];
}
