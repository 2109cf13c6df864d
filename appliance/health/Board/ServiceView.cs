using Appliance.Model;

namespace Appliance.Health.Board;

/// <summary>What the engine says about its service; counters run on from its start. What it does not say is null and judged by nobody.</summary>
public sealed record ServiceView
{
    /// <summary>An engine that has said nothing for so long is none.</summary>
    private static readonly TimeSpan GoneAfter = TimeSpan.FromMinutes(5);

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

    /// <summary>
    /// By GPU, MiB: what the engine's caches took of its memory and hold ready for new requests. Null or not there: it does not say; 0: it has no cache on
    /// that GPU.
    /// </summary>
    public IReadOnlyList<double?> FreeCacheMib { get; init; } = [];

    /// <summary>What the engine's frame says; what it does not say is not judged. Null where there is no engine.</summary>
    public static ServiceView? Of(InferenceFrame? frame, IReadOnlyList<GpuHealth> gpus, Moment now)
    {
        ArgumentNullException.ThrowIfNull(gpus);
        return frame is null || now.Utc - frame.Ts > GoneAfter ? null : new()
        {
            At = now.Uptime - (now.Utc - frame.Ts),
            Requests = frame.HttpRequestsTotal,
            ServerErrors = frame.HttpServerErrorsTotal,
            Lost = frame.AnswersLostTotal,
            LatencySamples = frame.LatencyAnswers,
            InterTokenP99Ms = frame.InterTokenP99Ms,
            FirstTokenP99Ms = frame.FirstTokenP99Ms,
            PromptTokens = frame.PromptTokensMean,
            FreeCacheMib = FreeCache(frame, gpus),
        };
    }

    /// <summary>An engine counts devices, the box places: a cache belongs to the GPU that has its UUID. One that nobody has leaves all of them unknown.</summary>
    private static double?[] FreeCache(InferenceFrame frame, IReadOnlyList<GpuHealth> gpus)
    {
        if (frame.GpuCaches is not { } caches || caches.Any(c => gpus.All(g => g.Identity?.Uuid != c.Gpu)))
            return frame.Device == "cpu" ? [.. gpus.Select(_ => (double?)0)] : [];
        return [.. gpus.Select(g => (double?)caches.Where(c => c.Gpu == g.Identity?.Uuid).Sum(c => c.FreeMib))];
    }
}
