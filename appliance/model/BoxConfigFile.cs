using System.Text;
using System.Text.Json;

namespace Appliance.Model;

/// <summary>Reads <c>appliance.json</c> for all processes; errors are one line naming file, line, key, value and what would be right.</summary>
public static class BoxConfigFile
{
    private const int MaxBytes = 1024 * 1024;

    /// <param name="json">The file's bytes; comments and trailing commas allowed.</param>
    /// <param name="path">Only for the message.</param>
    /// <exception cref="FormatException">One line for a person, starting with <paramref name="path"/>.</exception>
    public static BoxConfig Parse(ReadOnlySpan<byte> json, string path)
    {
        if (json.Length > MaxBytes)
            throw new FormatException($"{path}: has {json.Length} bytes; a configuration of more than {MaxBytes} is none.");
        var bytes = json.StartsWith("\uFEFF"u8) ? json[3..] : json;
        try
        {
            var lines = Check(bytes, path);
            var config = JsonSerializer.Deserialize(bytes, BoxConfigJson.Default.BoxConfig)
                ?? throw new FormatException($"{path}:1: is null; it must be a JSON object, {{}} for all defaults.");
            CheckPorts(config, lines, path);
            return config;
        }
        catch (JsonException e)
        {
            throw new FormatException($"{path}:{(e.LineNumber ?? 0) + 1}: is not JSON: {FirstSentence(e.Message)}", e);
        }
    }

    /// <summary>Every key against the table, in the order of the file, so that the first error named is the first one in it.</summary>
    /// <returns>The line each key stands in.</returns>
    private static Dictionary<string, int> Check(ReadOnlySpan<byte> json, string path)
    {
        var reader = new Utf8JsonReader(json, new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = 32 });
        var lines = new Dictionary<string, int>();
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Fault(json, path, reader.TokenStartIndex, $"is {Shown(ref reader, json)}; it must be a JSON object, {{}} for all defaults.");
        CheckObject(ref reader, json, path, section: "", lines);
        reader.Read();
        return lines;
    }

    private static void CheckObject(
        ref Utf8JsonReader reader, ReadOnlySpan<byte> json, string path, string section, Dictionary<string, int> lines)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var at = reader.TokenStartIndex;
            var name = reader.GetString()!;
            var key = section.Length == 0 ? name : $"{section}.{name}";
            var row = ConfigTable.Find(key);
            var isSection = section.Length == 0 && ConfigTable.Sections.Any(s => s.Name == name);
            if (row is null && !isSection)
                throw Fault(json, path, at, $"{key} is not a key; {Meant(name, section)}known here: {string.Join(", ", ConfigTable.NamesIn(section))}.");
            if (!lines.TryAdd(key, LineOf(json, at)))
                throw Fault(json, path, at, $"{key} is given twice, first in line {lines[key]}; once is enough.");
            reader.Read();
            if (isSection)
            {
                if (reader.TokenType != JsonTokenType.StartObject)
                    throw Fault(json, path, at, $"{key} is {Shown(ref reader, json)}; it must be an object.");
                CheckObject(ref reader, json, path, name, lines);
            }
            else if (!row!.Accepts(ref reader))
            {
                throw Fault(json, path, at, $"{key} is {Shown(ref reader, json)}; it must {row.Wanted}.");
            }
        }
    }

    private static void CheckPorts(BoxConfig config, Dictionary<string, int> lines, string path)
    {
        List<(string Key, int Port)> ports = [("bmc_agent.port", config.BmcAgent.Port), ("inference_core.port", config.InferenceCore.Port)];
        if (config.BmcAgent.EmbeddedBroker)
            ports.Insert(0, ("bus.port", config.Bus.Port));
        foreach (var same in ports.GroupBy(p => p.Port).Where(g => g.Count() > 1))
        {
            // The line that was written last is the one to look at; a default stands nowhere.
            var keys = same.Select(p => p.Key).OrderBy(k => lines.GetValueOrDefault(k)).ToArray();
            throw new FormatException($"{path}:{lines.GetValueOrDefault(keys[^1], 1)}: {keys[^1]} is {same.Key}, and so is {keys[^2]}; each needs a port of its own.");
        }
    }

    private static string Meant(string name, string section)
    {
        var elsewhere = ConfigTable.Keys.FirstOrDefault(k => k.Name == name && k.Section != section);
        var near = Nearest.Of(name, ConfigTable.NamesIn(section));
        return near is not null ? $"did you mean {(section.Length == 0 ? near : $"{section}.{near}")}? "
            : elsewhere is not null ? $"did you mean {elsewhere.Path}? "
            : "";
    }

    private static FormatException Fault(ReadOnlySpan<byte> json, string path, long at, string what) =>
        new($"{path}:{LineOf(json, at)}: {what}");

    private static int LineOf(ReadOnlySpan<byte> json, long at) => json[..(int)at].Count((byte)'\n') + 1;

    /// <summary>The value as it stands in the file, on one line and not too long.</summary>
    private static string Shown(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        var start = (int)reader.TokenStartIndex;
        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            reader.Skip();
        var text = string.Join(' ', Encoding.UTF8.GetString(json[start..(int)reader.BytesConsumed])
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length > 40 ? text[..40] + "…" : text;
    }

    private static string FirstSentence(string message) =>
        message.IndexOf(" Path:", StringComparison.Ordinal) is var path and > 0 ? message[..path]
        : message.IndexOf(" LineNumber:", StringComparison.Ordinal) is var line and > 0 ? message[..line]
        : message;
}
