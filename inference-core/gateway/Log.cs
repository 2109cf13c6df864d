namespace InferenceCore.Gateway;

/// <summary>Every line this process logs, with its stable id. Transitions only; ticks are on the bus.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "listening on {Url}; loading {Directory} for {Device}")]
    public static partial void Listening(this ILogger log, string url, string directory, string device);

    [LoggerMessage(2, LogLevel.Information, "ready after {Seconds:0.00} s: {Model}, context {Context} tokens, {Running} answers at once, chat format {Chat}, cache {CacheTokens} tokens")]
    public static partial void Ready(this ILogger log, double seconds, string model, int context, int running, string chat, long cacheTokens);

    [LoggerMessage(3, LogLevel.Information, "engine {State}, asked over the socket")]
    public static partial void Asked(this ILogger log, string state);

    [LoggerMessage(4, LogLevel.Warning, "{Url} is not a loopback address: without TLS and API keys strangers may read and ask")]
    public static partial void OpenToTheNetwork(this ILogger log, string url);

    [LoggerMessage(5, LogLevel.Information, "stopping: {Running} answers running, {Waiting} waiting, {Seconds:0.#} s to finish them")]
    public static partial void Stopping(this ILogger log, int running, int waiting, double seconds);

    [LoggerMessage(6, LogLevel.Error, "{Method} {Path} failed: {Fault}")]
    public static partial void RequestFailed(this ILogger log, string method, string path, string fault);

    [LoggerMessage(8, LogLevel.Warning, "worker ({Worker}) {Fault}; starting another, answers under way wait for it")]
    public static partial void WorkerLost(this ILogger log, string worker, string fault);

    [LoggerMessage(9, LogLevel.Information, "worker ({Worker}) has taken over after {Seconds:0.00} s; {Open} answers go on")]
    public static partial void WorkerReplaced(this ILogger log, string worker, double seconds, int open);

    [LoggerMessage(10, LogLevel.Information, "worker ({Worker}) known answer: {Found}")]
    public static partial void AnswerChecked(this ILogger log, string worker, string found);

    [LoggerMessage(11, LogLevel.Error, "the last worker {Fault}; what it computed within the last 10 s may be wrong: {Count} answers under way go on, marked: {Answers}")]
    public static partial void AnswersSuspect(this ILogger log, string fault, int count, string answers);

    [LoggerMessage(7, LogLevel.Warning, "control socket {Path}: {Fault}")]
    public static partial void SocketFault(this ILogger log, string path, string fault);
}
