using System.Text.Json;
using InferenceCore.Tokenization;

namespace InferenceCore.Gateway;

/// <summary>The <c>messages</c> of a chat request.</summary>
internal static class ChatMessages
{
    private const int MaxMessages = 4096;

    public static List<ChatMessage> Of(RequestFields fields)
    {
        if (fields.Element("messages") is not { } list)
            throw new ApiException(400, "Missing required parameter: 'messages'.", "messages", "missing_required_parameter");
        if (list.ValueKind != JsonValueKind.Array)
            throw RequestFields.WrongType("messages", "an array of objects", list);
        if (list.GetArrayLength() is 0 or > MaxMessages)
            throw ApiException.Invalid("messages", $"Invalid 'messages': between 1 and {MaxMessages} messages are needed.", "invalid_array_length");
        var messages = new List<ChatMessage>(list.GetArrayLength());
        foreach (var item in list.EnumerateArray())
            messages.Add(MessageOf(item, $"messages[{messages.Count}]"));
        return messages;
    }

    private static ChatMessage MessageOf(JsonElement item, string name)
    {
        if (item.ValueKind != JsonValueKind.Object)
            throw RequestFields.WrongType(name, "an object", item);
        var fields = RequestFields.Of(item);
        if (fields.Element("tool_calls") is { ValueKind: JsonValueKind.Array } calls && calls.GetArrayLength() > 0)
            throw ApiException.Unsupported($"{name}.tool_calls", "Tool calls are not supported by this server.");
        return new ChatMessage(RoleOf(fields.Element("role"), $"{name}.role"), ContentOf(fields.Element("content"), $"{name}.content"));
    }

    private static ChatRole RoleOf(JsonElement? role, string name)
    {
        if (role is not { ValueKind: JsonValueKind.String } text)
            throw new ApiException(400, $"Missing required parameter: '{name}'.", name, "missing_required_parameter");
        return text.GetString() switch
        {
            // OpenAI's newer name for the same thing.
            "system" or "developer" => ChatRole.System,
            "user" => ChatRole.User,
            "assistant" => ChatRole.Assistant,
            var other => throw ApiException.Invalid(name, $"Invalid value: '{other}'. Supported values are: 'system', 'developer', 'user' and 'assistant'."),
        };
    }

    /// <summary>A string, or parts of which all are text; parts are joined by line breaks, as vLLM does.</summary>
    private static string ContentOf(JsonElement? content, string name)
    {
        switch (content)
        {
            case null:
                return "";
            case { ValueKind: JsonValueKind.String } text:
                return RequestFields.StringOf(text, name);
            case { ValueKind: JsonValueKind.Array } parts:
                return string.Join('\n', parts.EnumerateArray().Select((part, i) => PartOf(part, $"{name}[{i}]")));
            case { } other:
                throw RequestFields.WrongType(name, "a string or an array of parts", other);
        }
    }

    private static string PartOf(JsonElement part, string name)
    {
        if (part.ValueKind != JsonValueKind.Object || !part.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String)
            throw RequestFields.WrongType(name, "an object with a type", part);
        if (!type.ValueEquals("text") || !part.TryGetProperty("text", out var text) || text.ValueKind != JsonValueKind.String)
            throw ApiException.Unsupported(name, $"Content of type '{type.GetString()}' is not supported by this model; only text is.");
        return RequestFields.StringOf(text, name);
    }
}
