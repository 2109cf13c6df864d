using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Appliance.Model;

/// <summary>The JSON Schema (draft 2020-12) of <c>appliance.json</c>, from the same table the reader uses.</summary>
public static class ConfigSchema
{
    /// <summary>As published in <c>packaging/appliance.schema.json</c>: UTF-8, two spaces, a line end at the end.</summary>
    public static byte[] Write()
    {
        var defaults = JsonSerializer.SerializeToElement(new BoxConfig(), BoxConfigJson.Default.BoxConfig);
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("$schema", "https://json-schema.org/draft/2020-12/schema");
            json.WriteString("title", "appliance.json");
            json.WriteString("description", "How somebody wants this box. Every key has a default; comments and trailing commas are allowed.");
            WriteObject(json, "", defaults);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
        return output.WrittenSpan.ToArray();
    }

    private static void WriteObject(Utf8JsonWriter json, string section, JsonElement defaults)
    {
        json.WriteString("type", "object");
        json.WriteBoolean("additionalProperties", false);
        json.WriteStartObject("properties");
        foreach (var key in ConfigTable.Keys.Where(k => k.Section == section))
            WriteKey(json, key, defaults.GetProperty(key.Name));
        foreach (var (name, about) in section.Length == 0 ? ConfigTable.Sections : [])
        {
            json.WriteStartObject(name);
            json.WriteString("description", about);
            WriteObject(json, name, defaults.GetProperty(name));
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteKey(Utf8JsonWriter json, ConfigKey key, JsonElement value)
    {
        var type = key.Kind switch
        {
            ConfigKind.Text => "string",
            ConfigKind.Whole => "integer",
            ConfigKind.Number => "number",
            ConfigKind.Flag => "boolean",
            _ => throw new System.Diagnostics.UnreachableException($"No JSON type for {key.Kind}."),
        };
        json.WriteStartObject(key.Name);
        json.WriteString("description", key.About);
        if (key.Nullable)
        {
            json.WriteStartArray("type");
            json.WriteStringValue(type);
            json.WriteStringValue("null");
            json.WriteEndArray();
        }
        else
        {
            json.WriteString("type", type);
        }

        if (key.Min is { } min)
            json.WriteNumber("minimum", min);
        if (key.Max is { } max)
            json.WriteNumber("maximum", max);
        if (key.Kind == ConfigKind.Text)
        {
            json.WriteNumber("minLength", 1);
            json.WriteNumber("maxLength", key.MaxLength);
        }

        if (key.NameOnly)
            json.WriteString("pattern", "^[A-Za-z0-9_-]+$");
        if (key.Choices.Count > 0)
        {
            json.WriteStartArray("enum");
            foreach (var choice in key.Choices)
                json.WriteStringValue(choice);
            json.WriteEndArray();
        }

        json.WritePropertyName("default");
        value.WriteTo(json);
        json.WriteEndObject();
    }
}
