using InferenceCore.Scheduling;

namespace InferenceCore.Gateway;

/// <summary>
/// <c>/health</c>: the process lives and can still get an engine. <c>/ready</c>: a token was produced lately (an idle worker makes one for itself
/// twice as often as is asked for here), or is now on being asked: a server that answers HTTP while its engine hangs is not ready.
/// </summary>
internal sealed class HealthEndpoint(Api api)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task HealthAsync(HttpContext context)
    {
        var failed = api.Host.State == EngineState.Failed;
        context.Response.StatusCode = failed ? 503 : 200;
        await WriteAsync(context, api.Host.Failure);
    }

    public async Task ReadyAsync(HttpContext context)
    {
        var problem = api.Host.State switch
        {
            EngineState.Ready => await ProblemAsync(context.RequestAborted),
            EngineState.Loading => api.Host.Failure is { } loss ? $"the engine is being started again: the last one {loss}" : "the model is being loaded",
            EngineState.Parked => "the engine is parked",
            EngineState.Draining => "the server is shutting down",
            EngineState.Failed => api.Host.Failure,
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        context.Response.StatusCode = problem is null ? 200 : 503;
        await WriteAsync(context, problem);
    }

    private async Task<string?> ProblemAsync(CancellationToken cancel)
    {
        if (SinceLastToken() < Fresh)
            return null;
        if (api.Host.Submit(api.Host.Probe(), out var refusal) is not { } probe)
            return refusal == Refusal.Full ? "too many requests are waiting" : "the engine takes no requests";
        using var late = new CancellationTokenSource(Patience, api.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            var piece = await probe.Pieces.ReadAsync(either.Token);
            return piece.Finish is FinishReason.Failed or FinishReason.Shed ? "the engine could not produce a token" : null;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            return $"the engine produced no token within {Patience.TotalSeconds:0} s";
        }
        finally
        {
            probe.Cancel();
        }
    }

    private TimeSpan? SinceLastToken() => Appliance.Model.Moment.Of(api.Time).Uptime - api.Host.Journal!.Metrics.LastToken;

    private async Task WriteAsync(HttpContext context, string? problem) => await ApiJson.WriteAsync(context, json =>
    {
        json.WriteStartObject();
        json.WriteString("state", StateName.Of(api.Host));
        json.WriteString("model", api.ModelName);
        if (problem is not null)
            json.WriteString("detail", problem);
        json.WriteEndObject();
    });
}
