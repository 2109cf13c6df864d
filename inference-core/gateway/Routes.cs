namespace InferenceCore.Gateway;

/// <summary>Paths to endpoints, and what is said when one of them throws.</summary>
internal static class Routes
{
    /// <param name="keys">Null lets everybody in.</param>
    public static void Map(WebApplication app, Api api, string device, ApiKeys? keys)
    {
        var chat = new ChatEndpoint(api);
        var completion = new CompletionEndpoint(api);
        var tokens = new TokenizeEndpoint(api, chat);
        var health = new HealthEndpoint(api);
        var models = new ModelsEndpoint(api);
        app.Use(api.Requests.CountAsync);
        app.Use((context, next) => GuardAsync(context, next, app.Logger));
        if (keys is not null)
            app.Use(keys.CheckAsync);
        app.MapPost("/v1/chat/completions", chat.HandleAsync);
        app.MapPost("/v1/completions", completion.HandleAsync);
        app.MapGet("/v1/models", models.ListAsync);
        app.MapGet("/v1/models/{**id}", models.OneAsync);
        app.MapPost("/tokenize", tokens.TokenizeAsync);
        app.MapPost("/detokenize", tokens.DetokenizeAsync);
        app.MapGet("/health", health.HealthAsync);
        app.MapGet("/ready", health.ReadyAsync);
        app.MapGet("/metrics", context => MetricsPage.HandleAsync(context, api, device));
        app.MapFallback(context => throw new ApiException(404, $"Invalid URL ({context.Request.Method} {context.Request.Path})", code: "unknown_url"));
    }

    /// <summary>The edge of every request: whatever is thrown becomes OpenAI's error object, and the engine goes on.</summary>
    public static async Task GuardAsync(HttpContext context, RequestDelegate next, ILogger log)
    {
        try
        {
            await next(context);
        }
        catch (ApiException e)
        {
            await ApiError.WriteAsync(context, e);
        }
        catch (BadHttpRequestException e)
        {
            await ApiError.WriteAsync(context, new ApiException(e.StatusCode, e.StatusCode == 413
                ? $"The request body is larger than {ServeSettings.MaxBodyBytes} bytes." : e.Message, code: "bad_request"));
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // The client has gone; there is nobody to answer.
            if (!context.Response.HasStarted)
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.RequestFailed(context.Request.Method, context.Request.Path, e.ToString());
            await ApiError.WriteAsync(context, new ApiException(500, "The server had an error while processing your request.", code: "internal_error"));
        }
    }
}
