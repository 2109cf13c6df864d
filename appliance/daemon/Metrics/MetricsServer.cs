using System.Net;
using System.Net.Sockets;
using System.Text;
using Appliance.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Appliance.Daemon.Metrics;

/// <summary>
/// <c>GET /metrics</c> on the loopback, with <c>?profiling=1</c> the profiling metrics too. It comes after cooling and goes without a word to it: a port that is taken costs the page and
/// is said, never the box.
/// </summary>
internal sealed class MetricsServer : IAsyncDisposable
{
    private const int ConnectionLimit = 16;

    private readonly WebApplication _app;

    private MetricsServer(WebApplication app) => _app = app;

    /// <param name="render">The page as of now, and whether profiling metrics are asked for; called on a thread of the pool.</param>
    /// <returns>Null and the one line when the port cannot be had.</returns>
    public static async Task<(MetricsServer? Server, string? Fault)> StartAsync(int port, Func<bool, string> render)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromMilliseconds(200));
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => Limit(kestrel, port));
        var app = builder.Build();
        app.Run(http => AnswerAsync(http, render));
        try
        {
            await app.StartAsync().ConfigureAwait(false);
            return (new(app), null);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            await app.DisposeAsync().ConfigureAwait(false);
            return (null, $"port {port} (metrics, daemon.metrics_port) cannot be opened: {e.Message}");
        }
    }

    private static void Limit(KestrelServerOptions kestrel, int port)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = ConnectionLimit;
        kestrel.Limits.MaxRequestBodySize = 0;
        kestrel.Limits.MaxRequestHeadersTotalSize = 8 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        kestrel.Listen(IPAddress.Loopback, port);
    }

    private static Task AnswerAsync(HttpContext http, Func<bool, string> render)
    {
        if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method))
            return Say(http, StatusCodes.Status405MethodNotAllowed, "text/plain", $"{http.Request.Method} is not offered; GET /metrics.\n");
        return http.Request.Path.Value switch
        {
            "/metrics" => Say(http, StatusCodes.Status200OK, PrometheusText.ContentType, render(http.Request.Query["profiling"] == "1")),
            var path => Say(http, StatusCodes.Status404NotFound, "text/plain", $"There is no {path}; there is /metrics.\n"),
        };
    }

    private static Task Say(HttpContext http, int status, string type, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        http.Response.StatusCode = status;
        http.Response.ContentType = type;
        http.Response.ContentLength = bytes.Length;
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.Body.WriteAsync(bytes, http.RequestAborted).AsTask();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
    }
}
