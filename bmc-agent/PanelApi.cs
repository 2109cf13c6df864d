using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Appliance.Bus;
using Appliance.Model;

namespace BmcAgent;

/// <summary>
/// HTTP: the panel's files and the JSON behind them. Read-only. <c>/api/snapshot</c>, <c>/api/history</c>, <c>/api/events</c>, <c>/api/guide</c>,
/// and <c>/api/stream</c> (server-sent events) which repeats the snapshot whenever it changes.
/// </summary>
/// <param name="door">Asks who one is; null lets everybody in who reaches the loopback.</param>
internal sealed class PanelApi(BoxConfig config, NodeBook book, EventLog events, BusSession session, TimeProvider time, PanelDoor? door = null)
{
    /// <summary>Browsers watching at once.</summary>
    public const int StreamLimit = 64;

    private static readonly TimeSpan StreamPace = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan StreamHeartbeat = TimeSpan.FromSeconds(1);

    private CancellationToken _stopping;
    private int _streams;

    public static string Version { get; } =
        typeof(PanelApi).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    public void Map(WebApplication app)
    {
        _stopping = app.Lifetime.ApplicationStopping;
        app.Run(AnswerAsync);
    }

    internal PanelState StateOf(string? asked)
    {
        var all = book.All();
        // A panel in front of one box shows that box, even where its name differs from ours.
        var node = asked ?? (all.Count == 1 ? all[0].Snapshot.Node : config.Node);
        var view = all.FirstOrDefault(v => v.Snapshot.Node == node);
        return new PanelState(
            time.GetUtcNow(), Version, node, [.. all.Select(v => v.Snapshot.Node)], session.IsConnected,
            $"{config.Bus.Host}:{config.Bus.Port}", view?.HeardAt, view?.StateSince, view?.Snapshot, events.LastId);
    }

    /// <summary>The query's filters; null and a message when one of them makes no sense.</summary>
    internal static EventQuery? ReadQuery(IQueryCollection query, out string? fault)
    {
        fault = null;
        var read = new EventQuery
        {
            Node = NonEmpty(query["node"]),
            Kind = NonEmpty(query["kind"]),
            Text = NonEmpty(query["text"]),
        };
        foreach (var key in query.Keys)
        {
            var value = query[key].ToString();
            switch (key)
            {
                case "limit" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
                    && limit is >= 1 and <= EventQuery.LimitMax:
                    read = read with { Limit = limit };
                    break;
                case "before" when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var before):
                    read = read with { Before = before };
                    break;
                case "after" when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var after):
                    read = read with { After = after };
                    break;
                case "severity" when Enum.TryParse<Severity>(value, ignoreCase: true, out var severity) && !char.IsAsciiDigit(value[0]):
                    read = read with { Severity = severity };
                    break;
                case "node" or "kind" or "text":
                    break;
                default:
                    fault = $"{key}={value} is not understood; known: limit (1..{EventQuery.LimitMax}), before, after (event ids), "
                        + "severity (information, warning, critical: this or worse), node, kind, text.";
                    return null;
            }
        }

        return read;
    }

    private static string? NonEmpty(string? value) => string.IsNullOrEmpty(value) ? null : value;

    private async Task AnswerAsync(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        headers.CacheControl = "no-cache";
        if (door is not null && await door.CheckAsync(http.Request.Headers.Authorization, $"{http.Connection.RemoteIpAddress}", http.RequestAborted) is { IsOpen: false } closed)
        {
            if (closed.Status == StatusCodes.Status401Unauthorized)
                headers.WWWAuthenticate = "Basic realm=\"appliance\", charset=\"UTF-8\"";
            await ErrorAsync(http, closed.Status, closed.Line);
            return;
        }

        // Where one logs in, a page of somebody else has no way to do so for one.
        if (door is null && !IsOurHost(http.Request.Host.Host))
        {
            await ErrorAsync(http, StatusCodes.Status421MisdirectedRequest, $"{http.Request.Host.Host} is not this panel's name.");
            return;
        }

        if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method))
        {
            headers.Allow = "GET, HEAD";
            await ErrorAsync(http, StatusCodes.Status405MethodNotAllowed, $"{http.Request.Method} is not offered: the panel only shows.");
            return;
        }

        var path = http.Request.Path.Value ?? "/";
        if (PanelAssets.All.TryGetValue(path, out var asset))
            await SendAssetAsync(http, asset);
        else
            await AnswerApiAsync(http, path);
    }

    private Task AnswerApiAsync(HttpContext http, string path)
    {
        var node = NonEmpty(http.Request.Query["node"]);
        switch (path)
        {
            case "/api/snapshot":
                return JsonAsync(http, StateOf(node), AgentJson.Default.PanelState);
            case "/api/history":
                return JsonAsync(http, book.HistoryOf(StateOf(node).Node), AgentJson.Default.HistorySampleArray);
            case "/api/events":
                return ReadQuery(http.Request.Query, out var fault) is { } query
                    ? JsonAsync(http, events.Page(query), AgentJson.Default.EventPage)
                    : ErrorAsync(http, StatusCodes.Status400BadRequest, fault!);
            case "/api/guide":
                return GuideApi.Answer(http.Request.Query["q"].ToString(), NonEmpty(http.Request.Query["lang"]) ?? "en", out var wrong) is { } reply
                    ? JsonAsync(http, reply, AgentJson.Default.GuideReply)
                    : ErrorAsync(http, StatusCodes.Status400BadRequest, wrong!);
            case "/api/stream":
                return StreamAsync(http, node);
            default:
                return ErrorAsync(
                    http, StatusCodes.Status404NotFound, $"There is no {path}; there are /, /guide, /api/snapshot, /api/history, /api/events, /api/guide and /api/stream.");
        }
    }

    /// <summary>Against DNS rebinding: on the loopback only names of the loopback are us.</summary>
    private bool IsOurHost(string host) =>
        host is "localhost" or "127.0.0.1" or "[::1]" || host == config.BmcAgent.Listen;

    private static Task SendAssetAsync(HttpContext http, PanelAsset asset)
    {
        http.Response.Headers.ETag = asset.ETag;
        if (http.Request.Headers.IfNoneMatch.ToString().Contains(asset.ETag, StringComparison.Ordinal))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        http.Response.ContentType = asset.ContentType;
        http.Response.ContentLength = asset.Bytes.Length;
        return HttpMethods.IsHead(http.Request.Method)
            ? Task.CompletedTask
            : http.Response.Body.WriteAsync(asset.Bytes, http.RequestAborted).AsTask();
    }

    private static Task JsonAsync<T>(HttpContext http, T value, JsonTypeInfo<T> type)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(value, type);
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = bytes.Length;
        return HttpMethods.IsHead(http.Request.Method)
            ? Task.CompletedTask
            : http.Response.Body.WriteAsync(bytes, http.RequestAborted).AsTask();
    }

    private static Task ErrorAsync(HttpContext http, int status, string line)
    {
        http.Response.StatusCode = status;
        return JsonAsync(http, new ErrorAnswer(line), AgentJson.Default.ErrorAnswer);
    }

    /// <summary>
    /// The state at once, then after each change (at most four a second), and once a second anyway, so that a browser can tell a quiet
    /// box from a dead connection.
    /// </summary>
    private async Task StreamAsync(HttpContext http, string? node)
    {
        if (Interlocked.Increment(ref _streams) > StreamLimit)
        {
            Interlocked.Decrement(ref _streams);
            await ErrorAsync(http, StatusCodes.Status503ServiceUnavailable, $"{StreamLimit} browsers are watching already.");
            return;
        }

        http.Response.ContentType = "text/event-stream";
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, _stopping);
        try
        {
            while (true)
            {
                var changed = book.Changed;
                var json = JsonSerializer.SerializeToUtf8Bytes(StateOf(node), AgentJson.Default.PanelState);
                await http.Response.Body.WriteAsync("data: "u8.ToArray(), ends.Token);
                await http.Response.Body.WriteAsync(json, ends.Token);
                await http.Response.Body.WriteAsync("\n\n"u8.ToArray(), ends.Token);
                await http.Response.Body.FlushAsync(ends.Token);
                await Task.Delay(StreamPace, time, ends.Token);
                await Task.WhenAny(changed, Task.Delay(StreamHeartbeat - StreamPace, time, ends.Token));
            }
        }
        catch (OperationCanceledException)
        {
            // The browser went, or we do.
        }
        finally
        {
            Interlocked.Decrement(ref _streams);
        }
    }
}
