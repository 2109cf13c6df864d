using System.Text;
using FastTests.Tidy;
using InferenceCore.Gateway;
using InferenceCore.Scheduling;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FastTests.Gateway;

/// <summary>The gateway's endpoints over the shipped model, without a socket.</summary>
public sealed class ApiFixture : IDisposable
{
    private readonly EngineHost _host;

    public ApiFixture()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
        var directory = Path.Combine(Repository.Root, "inference-core/models/field-guide");
        _host = new EngineHost(() => ModelLoader.Load(directory, "field-guide", "cpu"), _ => new SchedulerOptions { MaxRunning = 4, MaxWaiting = 4 }, 1, time);
        Api = new Api(_host, "field-guide", time);
        _host.Start();
        _host.Proven.Wait(TestContext.Current.CancellationToken);
    }

    internal Api Api { get; }

    /// <summary>What the endpoint answers to a body.</summary>
    internal async Task<(int Status, string Body, IHeaderDictionary Headers)> AskAsync(Func<Api, RequestDelegate> endpoint, string body)
    {
        using var answer = new MemoryStream();
        var context = new DefaultHttpContext();
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
        context.Response.Body = answer;
        await Routes.GuardAsync(context, endpoint(Api), NullLogger.Instance);
        await context.Response.BodyWriter.FlushAsync();
        return (context.Response.StatusCode, Encoding.UTF8.GetString(answer.ToArray()), context.Response.Headers);
    }

    public void Dispose() => _host.Dispose();
}
