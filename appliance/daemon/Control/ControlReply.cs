using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Appliance.Daemon.Control;

/// <summary>The answer to one line: data, or one line for a person. Closed.</summary>
internal abstract record ControlReply
{
    private ControlReply()
    {
    }

    /// <param name="Json">One JSON value, already written.</param>
    internal sealed record Data(ReadOnlyMemory<byte> Json) : ControlReply;

    /// <param name="Line">One line: what, where, what would be right.</param>
    /// <param name="Usage">True when the question was wrong (exit code 64), false when doing it failed (exit code 1).</param>
    internal sealed record Failed(string Line, bool Usage) : ControlReply;

    public static ControlReply Of<T>(T value, JsonTypeInfo<T> type) => new Data(JsonSerializer.SerializeToUtf8Bytes(value, type));

    public static ControlReply Done { get; } = new Data("{}"u8.ToArray());

    public static ControlReply Error(string line) => new Failed(line, Usage: false);

    public static ControlReply WrongUse(string line) => new Failed(line, Usage: true);

    /// <summary><c>{"ok":true,"data":…}</c> or <c>{"ok":false,"error":"…"}</c> and the line's end.</summary>
    public void WriteLine(IBufferWriter<byte> output)
    {
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            switch (this)
            {
                case Data data:
                    json.WriteBoolean("ok"u8, true);
                    json.WritePropertyName("data"u8);
                    json.WriteRawValue(data.Json.Span);
                    break;
                case Failed failed:
                    json.WriteBoolean("ok"u8, false);
                    json.WriteString("error"u8, failed.Line);
                    if (failed.Usage)
                        json.WriteBoolean("usage"u8, true);
                    break;
                default:
                    throw new System.Diagnostics.UnreachableException();
            }

            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    /// <exception cref="JsonException">Not an answer of this protocol.</exception>
    public static ControlReply Parse(ReadOnlyMemory<byte> line)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("ok", out var ok))
            throw new JsonException("The answer has no \"ok\".");
        if (ok.ValueKind == JsonValueKind.True && root.TryGetProperty("data", out var data))
            return new Data(System.Text.Encoding.UTF8.GetBytes(data.GetRawText()));
        return root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.String
            ? new Failed(error.GetString()!, root.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.True)
            : throw new JsonException("The answer has neither data nor an error.");
    }
}
