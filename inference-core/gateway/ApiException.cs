namespace InferenceCore.Gateway;

/// <summary>A request that is answered with OpenAI's error object instead of what it asked for.</summary>
internal sealed class ApiException(int status, string message, string? param = null, string? code = null) : Exception(message)
{
    public int Status { get; } = status;

    /// <summary>The field that is wrong.</summary>
    public string? Param { get; } = param;

    public string? Code { get; } = code;

    /// <summary>Seconds after which trying again makes sense.</summary>
    public int? RetryAfterS { get; init; }

    public string Type => Status switch
    {
        401 or 403 => "authentication_error",
        429 => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };

    public static ApiException Invalid(string param, string message, string code = "invalid_value") => new(400, message, param, code);

    public static ApiException Unsupported(string param, string message) => new(400, message, param, "unsupported_value");
}
