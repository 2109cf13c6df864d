using Appliance.Model;
using InferenceCore.Scheduling;

namespace InferenceCore.Gateway;

/// <summary>What the endpoints share: the engine, and how a request gets in.</summary>
internal sealed class Api(EngineHost host, string modelName, TimeProvider time)
{
    public EngineHost Host { get; } = host;

    /// <summary>What clients call the model, known before it is loaded.</summary>
    public string ModelName { get; } = modelName;

    public TimeProvider Time { get; } = time;

    public RequestCounters Requests { get; } = new();

    public long UnixNow => Time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>The loaded model, if it is the one the request names. Leaving the name out means the one there is.</summary>
    public ServedModel ModelFor(RequestFields fields)
    {
        if (fields.Text("model") is { } name && name != ModelName)
            throw new ApiException(404, $"The model '{name}' does not exist; this box serves '{ModelName}'.", "model", "model_not_found");
        return Host is { Model: { } model, Journal: not null } ? model : throw RefusalOf(Refusal.Loading);
    }

    /// <summary>Answers one request may ask for: as many as there are places and chairs.</summary>
    public int MaxChoices => Math.Min(128, Host.Journal!.Options.MaxRunning + Host.Journal.Options.MaxWaiting);

    /// <summary>Refuses a text that cannot fit however well it is tokenized, before time is spent on tokenizing it.</summary>
    public void CheckLength(ServedModel model, string text, string param)
    {
        var limit = Math.Min(model.ContextLength, Host.Journal!.LongestSequence);
        if (text.Length > (long)limit * model.Tokenizer!.LongestToken)
        {
            throw ApiException.Invalid(param, $"This model's maximum context length is {limit} tokens. However, the {text.Length} characters of the {param} "
                + $"are more. Please reduce the length of the {param}.", "context_length_exceeded");
        }
    }

    public Generation Submit(GenerationRequest request) => Host.Submit(request, out var refusal) ?? throw RefusalOf(refusal);

    /// <summary>Prompt and answer must fit into the context; nobody's prompt is cut silently.</summary>
    /// <param name="asked">Tokens of the answer the client asked for; null: as many as there is room for.</param>
    /// <param name="param">The field that holds the prompt.</param>
    public int RoomFor(ServedModel model, int promptTokens, int? asked, string param)
    {
        var limit = Math.Min(model.ContextLength, Host.Journal?.LongestSequence ?? model.ContextLength);
        var wanted = asked ?? 1;
        if (promptTokens + wanted > limit)
        {
            throw ApiException.Invalid(param, $"This model's maximum context length is {limit} tokens. However, you requested {promptTokens + wanted} tokens "
                + $"({promptTokens} in the {param}, {wanted} in the completion). Please reduce the length of the {param} or completion.", "context_length_exceeded");
        }
        return asked ?? limit - promptTokens;
    }

    /// <summary>Whose turn a request takes: that of its credentials, else of its address.</summary>
    public static string ClientOf(HttpContext context) =>
        context.Request.Headers.Authorization.ToString() is { Length: > 0 } credentials ? credentials : context.Connection.RemoteIpAddress?.ToString() ?? "";

    public static string NewId(string prefix) => $"{prefix}-{Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(12))}";

    public static ApiException RefusalOf(Refusal refusal) => refusal switch
    {
        Refusal.Loading => new ApiException(503, "The model is being loaded; try again shortly.", code: "model_loading") { RetryAfterS = 2 },
        Refusal.Full => new ApiException(503, "Too many requests are waiting; try again shortly.", code: "overloaded") { RetryAfterS = 1 },
        Refusal.Draining => new ApiException(503, "The server is shutting down.", code: "draining") { RetryAfterS = 5 },
        Refusal.Failed => new ApiException(503, "The engine has failed and is being restarted.", code: "engine_failed") { RetryAfterS = 5 },
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
