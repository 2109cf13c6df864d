using System.Buffers;
using System.Text.Json;

namespace Appliance.Daemon.Control;

/// <summary>One line of the protocol: <c>{"verb":"status","args":{…}}</c>. <c>args</c> may be left out.</summary>
internal sealed record ControlRequest(string Verb, JsonElement Args)
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 16 };

    /// <summary>A string argument, or null when it is absent or not a string.</summary>
    public string? Text(string name) =>
        Args.ValueKind == JsonValueKind.Object && Args.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    /// <summary>A number argument, or null when it is absent or not a number.</summary>
    public double? Number(string name) =>
        Args.ValueKind == JsonValueKind.Object && Args.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
            ? value.GetDouble()
            : null;

    /// <returns>Null with <paramref name="error"/> set when the line is not a request.</returns>
    public static ControlRequest? TryParse(ReadOnlyMemory<byte> line, out string? error)
    {
        error = null;
        try
        {
            using var document = JsonDocument.Parse(line, Options);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object
                && root.TryGetProperty("verb", out var verb) && verb.ValueKind == JsonValueKind.String)
                return new(verb.GetString()!, root.TryGetProperty("args", out var args) ? args.Clone() : default);
            error = "a request is one line {\"verb\":\"…\",\"args\":{…}}; this one has no \"verb\".";
        }
        catch (JsonException e)
        {
            error = $"a request is one line {{\"verb\":\"…\",\"args\":{{…}}}}; this one is not JSON (byte {e.BytePositionInLine ?? 0}).";
        }

        return null;
    }

    /// <param name="args">Written between the braces of <c>args</c>; null for a verb without arguments.</param>
    public static byte[] Line(string verb, Action<Utf8JsonWriter>? args)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("verb"u8, verb);
            if (args is not null)
            {
                json.WriteStartObject("args"u8);
                args(json);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        output.Write("\n"u8);
        return output.WrittenSpan.ToArray();
    }
}
