using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Appliance.Model;

/// <summary>Reads <c>appliance.json</c> for all processes; errors are one line naming file, key, value and what would be right.</summary>
public static class BoxConfigFile
{
    /// <param name="json">The file's bytes; comments and trailing commas allowed.</param>
    /// <param name="path">Only for the message.</param>
    /// <exception cref="FormatException">One line for a person, starting with <paramref name="path"/>.</exception>
    public static BoxConfig Parse(ReadOnlySpan<byte> json, string path)
    {
        BoxConfig? config;
        try
        {
            config = JsonSerializer.Deserialize(json, BoxConfigJson.Default.BoxConfig);
        }
        catch (JsonException e)
        {
            throw new FormatException(Explain(e, json, path), e);
        }

        if (config is null)
            throw new FormatException($"{path}: is null; it must be a JSON object, {{}} for all defaults.");
        foreach (var fault in Faults(config))
            throw new FormatException($"{path}: {fault}");
        return config;
    }

    /// <summary>Every value outside its range, as "key is value; it must …".</summary>
    public static IEnumerable<string> Faults(BoxConfig config)
    {
        if (config.Node.Length is 0 or > 64 || config.Node.Any(c => !(char.IsAsciiLetterOrDigit(c) || c is '-' or '_')))
            yield return $"node is \"{config.Node}\"; it must be 1 to 64 letters, digits, '-' or '_'.";
        if (config.Bus.Host.Length == 0)
            yield return "bus.host is empty; it must be the broker's name or address.";
        foreach (var (key, port) in new[]
        {
            ("bus.port", config.Bus.Port), ("bmc_agent.port", config.BmcAgent.Port), ("inference_core.port", config.InferenceCore.Port),
        })
        {
            if (port is < 1 or > 65535)
                yield return $"{key} is {port}; it must lie in 1..65535.";
        }

        if (config.Daemon.SetpointC is { } setpoint && !(setpoint is >= 15 and <= 45))
            yield return $"daemon.setpoint_c is {setpoint}; it must lie in 15..45.";
        if (!(config.Daemon.DownSlewPercentPerS is >= 0.5 and <= 100))
            yield return $"daemon.down_slew_percent_per_s is {config.Daemon.DownSlewPercentPerS}; it must lie in 0.5..100.";
        if (!(config.Daemon.ManualTimeoutMin is >= 1 and <= 240))
            yield return $"daemon.manual_timeout_min is {config.Daemon.ManualTimeoutMin}; it must lie in 1..240.";
        if (!(config.Daemon.FrameHz is >= 0.2 and <= 10))
            yield return $"daemon.frame_hz is {config.Daemon.FrameHz}; it must lie in 0.2..10.";
        if (config.BmcAgent.EventLogLimit is < 100 or > 10_000_000)
            yield return $"bmc_agent.event_log_limit is {config.BmcAgent.EventLogLimit}; it must lie in 100..10000000.";
        if (config.InferenceCore.MaxRunning is < 1 or > 256)
            yield return $"inference_core.max_running is {config.InferenceCore.MaxRunning}; it must lie in 1..256.";
        if (config.InferenceCore.MaxWaiting is < 0 or > 10_000)
            yield return $"inference_core.max_waiting is {config.InferenceCore.MaxWaiting}; it must lie in 0..10000.";
    }

    private static string Explain(JsonException error, ReadOnlySpan<byte> json, string path)
    {
        var at = $"{path}:{(error.LineNumber ?? 0) + 1}";
        string[] keys = error.Path is { Length: > 2 } p && p.StartsWith("$.", StringComparison.Ordinal) ? p[2..].Split('.') : [];
        JsonElement root;
        try
        {
            using var document = JsonDocument.Parse(
                json.ToArray(), new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            root = document.RootElement.Clone();
        }
        catch (JsonException syntax)
        {
            return $"{path}:{(syntax.LineNumber ?? 0) + 1}: is not JSON: {FirstSentence(syntax.Message)}";
        }

        JsonTypeInfo type = BoxConfigJson.Default.BoxConfig;
        for (var depth = 0; depth < keys.Length; depth++)
        {
            var key = string.Join('.', keys[..(depth + 1)]);
            if (type.Properties.FirstOrDefault(property => property.Name == keys[depth]) is not { } known)
                return $"{at}: {key} is not a key; known here: {string.Join(", ", type.Properties.Select(property => property.Name))}.";
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(keys[depth], out root))
                break;
            if (depth == keys.Length - 1)
                return $"{at}: {key} is {Short(root)}; it must be {Wanted(known.PropertyType)}.";
            type = BoxConfigJson.Default.GetTypeInfo(known.PropertyType) ?? type;
        }

        return root.ValueKind == JsonValueKind.Object ? $"{at}: {FirstSentence(error.Message)}" : $"{at}: is {Short(root)}; it must be a JSON object.";
    }

    private static string Wanted(Type type) =>
        type == typeof(int) ? "a whole number"
        : type == typeof(double) || type == typeof(double?) ? "a number"
        : type == typeof(bool) ? "true or false"
        : type == typeof(string) ? "a string"
        : "an object";

    private static string Short(JsonElement value) => value.GetRawText() is { Length: > 40 } text ? text[..40] + "…" : value.GetRawText();

    private static string FirstSentence(string message) =>
        message.IndexOf(" Path:", StringComparison.Ordinal) is var path and > 0 ? message[..path]
        : message.IndexOf(" LineNumber:", StringComparison.Ordinal) is var line and > 0 ? message[..line]
        : message;
}
