namespace BmcAgent;

/// <summary>Every line this process logs, with its stable id. Transitions only; ticks are on the bus.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "panel {Panel}, bus {Bus} ({Kind}), node {Node}: ready after {Milliseconds:0} ms")]
    public static partial void Ready(this ILogger log, string panel, string bus, string kind, string node, double milliseconds);

    [LoggerMessage(2, LogLevel.Information, "node {Node} is {After} (was {Before})")]
    public static partial void NodeState(this ILogger log, string node, string after, string before);

    [LoggerMessage(3, LogLevel.Warning, "the event log cannot be written, events wait at their sender: {Fault}")]
    public static partial void EventLogFails(this ILogger log, string fault);

    [LoggerMessage(4, LogLevel.Information, "the event log can be written again")]
    public static partial void EventLogWorks(this ILogger log);

    [LoggerMessage(5, LogLevel.Warning, "{Path} cannot be read and is started anew: {Fault}")]
    public static partial void CannotRead(this ILogger log, string path, string fault);

    [LoggerMessage(6, LogLevel.Warning, "{Path} cannot be written: {Fault}")]
    public static partial void CannotWrite(this ILogger log, string path, string fault);

    [LoggerMessage(7, LogLevel.Critical, "no sign of life of the daemon for {Seconds:0.0} s; appliance-safe: {Outcome}")]
    public static partial void SafeStateWritten(this ILogger log, double seconds, string outcome);

    [LoggerMessage(8, LogLevel.Warning, "no frames for {Seconds:0.0} s, but the daemon answers on its control socket: left alone")]
    public static partial void SilentButAlive(this ILogger log, double seconds);

    [LoggerMessage(9, LogLevel.Warning, "a message was ignored: {Fault}")]
    public static partial void BadMessage(this ILogger log, string fault);
}
