using System.Buffers;
using System.Text;
using System.Text.Json;
using Appliance.Model;

namespace Appliance.Daemon.Bundle;

/// <summary>
/// appliance.json as a bundle may hold it: the keys it has by <see cref="ConfigTable"/> with the values they take, and of everything else only
/// that it is there. Comments do not go along: nobody knows what is in them.
/// </summary>
internal static class ConfigDigest
{
    public static readonly JsonDocumentOptions Options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 32 };

    public static string Of(ReadOnlyMemory<byte> json)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, new() { Indented = true }))
        {
            writer.WriteStartObject();
            try
            {
                using var document = JsonDocument.Parse(json, Options);
                var (strange, refused) = (0, new List<string>());
                Walk(document.RootElement, (path, value, accepted) =>
                {
                    if (accepted)
                    {
                        writer.WritePropertyName(path);
                        value.WriteTo(writer);
                    }
                    else if (ConfigTable.Find(path) is not null)
                    {
                        refused.Add(path);
                    }
                    else
                    {
                        strange++;
                    }
                });
                writer.WriteStartArray("keys_with_a_value_they_do_not_take");
                foreach (var path in refused)
                    writer.WriteStringValue(path);
                writer.WriteEndArray();
                writer.WriteNumber("keys_that_do_not_exist", strange);
            }
            catch (JsonException e)
            {
                writer.WriteString("fault", $"not JSON, line {(e.LineNumber ?? 0) + 1}");
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>Every value with its path, and whether it is one that a key of ours takes.</summary>
    public static void Walk(JsonElement root, Action<string, JsonElement, bool> visit)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            visit("", root, false);
            return;
        }

        foreach (var top in root.EnumerateObject())
        {
            if (top.Value.ValueKind == JsonValueKind.Object && ConfigTable.Sections.Any(s => s.Name == top.Name))
            {
                foreach (var inner in top.Value.EnumerateObject())
                    visit($"{top.Name}.{inner.Name}", inner.Value, Accepts($"{top.Name}.{inner.Name}", inner.Value));
            }
            else
            {
                visit(top.Name, top.Value, Accepts(top.Name, top.Value));
            }
        }
    }

    private static bool Accepts(string path, JsonElement value)
    {
        if (ConfigTable.Find(path) is not { } key)
            return false;
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(value.GetRawText()));
        reader.Read();
        return key.Accepts(ref reader);
    }
}
