using System.Text;
using FastTests.Scheduling;
using FastTests.Tidy;
using InferenceCore.Engine;
using InferenceCore.Gateway;
using InferenceCore.Scheduling;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FastTests.Gateway;

/// <summary>The gateway's endpoints over the shipped model, without a socket.</summary>
public sealed class ApiFixture : IDisposable
{
    private readonly WorkerThreads _workers;

    public ApiFixture()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
        var directory = Path.Combine(Repository.Root, "inference-core/models/field-guide");
        var model = ModelLoader.Load(directory, "field-guide", ModelConfig.Load(directory));
        _workers = new WorkerThreads(directory, model, new SchedulerOptions { MaxRunning = 4, MaxWaiting = 4 }, time);
        Api = new Api(_workers.Host, "field-guide", time);
        _workers.Host.Start();
        _workers.Host.Proven.Wait(TestContext.Current.CancellationToken);
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

    public void Dispose() => _workers.Dispose();
}
