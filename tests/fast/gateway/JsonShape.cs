using System.Text;
using System.Text.Json;

namespace FastTests.Gateway;

/// <summary>
/// The shape of an answer: its keys in order, words of the contract as they stand, everything that a model or a clock decides as its type.
/// So a golden changes when the contract does and not when the shipped model is trained anew.
/// </summary>
internal static class JsonShape
{
    private static readonly string[] Words = ["object", "model", "role", "finish_reason", "owned_by", "type"];

    /// <summary>One JSON object, or the events of a stream with repetitions left out.</summary>
    public static string Of(string answer)
    {
        if (!answer.StartsWith("data: ", StringComparison.Ordinal))
            return Shape(answer) + "\n";
        var events = answer.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(e => e == "data: [DONE]" ? e : "data: " + Shape(e["data: ".Length..]));
        var kept = new List<string>();
        foreach (var one in events)
        {
            if (kept.Count == 0 || kept[^1] != one)
                kept.Add(one);
        }
        return string.Join("\n", kept) + "\n";
    }

    private static string Shape(string json)
    {
        using var document = JsonDocument.Parse(json);
        var text = new StringBuilder();
        Write(document.RootElement, "", text);
        return text.ToString();
    }

    private static void Write(JsonElement value, string key, StringBuilder text)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                // The keys of a completion's top_logprobs are tokens.
                var byToken = key == "top_logprobs[]" && value.EnumerateObject().All(p => p.Value.ValueKind == JsonValueKind.Number);
                var properties = value.EnumerateObject().Select(p => $"\"{(byToken ? "token" : p.Name)}\":{Inner(p.Value, p.Name)}");
                text.Append('{').AppendJoin(',', properties.Distinct()).Append('}');
                break;
            case JsonValueKind.Array:
                text.Append('[').AppendJoin(',', value.EnumerateArray().Select(e => Inner(e, key + "[]")).Distinct()).Append(']');
                break;
            case JsonValueKind.String:
                text.Append(Words.Contains(key) ? value.GetRawText() : value.GetString() is "" ? "\"\"" : "string");
                break;
            case JsonValueKind.Number:
                text.Append("number");
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    private static string Inner(JsonElement value, string key)
    {
        var text = new StringBuilder();
        // Which choice: a number that matters.
        if (key == "index")
            text.Append(value.GetRawText());
        else
            Write(value, key, text);
        return text.ToString();
    }
}
