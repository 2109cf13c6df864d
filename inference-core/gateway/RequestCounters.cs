using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Appliance.Model;

namespace InferenceCore.Gateway;

/// <summary>
/// Requests by handler, method and class of status, named as vLLM's server names them, so that availability can be computed from
/// outside. Only known paths and methods become labels: what a stranger asks for must not grow the table.
/// </summary>
internal sealed class RequestCounters
{
    private static readonly string[] _methods = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE"];

    private readonly ConcurrentDictionary<(string Handler, string Method, string Status), StrongBox<long>> _counts = new();

    public async Task CountAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        var handler = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { } route && !route.StartsWith("{*", StringComparison.Ordinal) ? route : "none";
        var method = Array.Find(_methods, m => m == context.Request.Method) ?? "other";
        var count = _counts.GetOrAdd((handler, method, $"{context.Response.StatusCode / 100}xx"), _ => new());
        Interlocked.Increment(ref count.Value);
    }

    /// <summary>What clients of the API asked for: probes of health and metrics are none.</summary>
    public (long All, long ServerErrors) OfApi()
    {
        var (all, errors) = (0L, 0L);
        foreach (var ((handler, _, status), count) in _counts.Where(c => c.Key.Handler.TrimStart('/').StartsWith("v1/", StringComparison.Ordinal)))
        {
            var number = Interlocked.Read(ref count.Value);
            all += number;
            errors += status == "5xx" ? number : 0;
        }

        return (all, errors);
    }

    public void Write(PrometheusText page)
    {
        page.Counter("http_requests_total", "Requests answered, by handler, method and class of status.");
        foreach (var ((handler, method, status), count) in _counts.OrderBy(c => c.Key))
            page.Sample(Interlocked.Read(ref count.Value), ("handler", handler), ("method", method), ("status", status));
    }
}
