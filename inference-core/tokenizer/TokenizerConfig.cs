using System.Text.Json;
using System.Text.Json.Serialization;

namespace InferenceCore.Tokenization;

/// <summary>What we need of tokenizer_config.json: the begin and end of a text, and the chat template.</summary>
/// <param name="AddBosToken">Whether a plain prompt gets the begin token put before it.</param>
/// <param name="ChatTemplate">The Jinja text, from tokenizer_config.json or chat_template.jinja; null when the model has none.</param>
internal sealed record TokenizerConfig(bool? AddBosToken, string? BosToken, string? EosToken, string? ChatTemplate)
{
    public static TokenizerConfig Load(string modelDirectory)
    {
        var path = Path.Combine(modelDirectory, "tokenizer_config.json");
        var template = ReadIfThere(Path.Combine(modelDirectory, "chat_template.jinja"));
        if (!File.Exists(path))
            return new(null, null, null, template);
        try
        {
            var file = JsonSerializer.Deserialize(File.ReadAllText(path), TokenizerConfigJson.Default.TokenizerConfigFile)
                ?? throw new TokenizerException($"{path}: holds null; a tokenizer configuration is an object");
            return new(file.AddBosToken, TokenText(file.BosToken), TokenText(file.EosToken), template ?? TemplateText(file.ChatTemplate));
        }
        catch (JsonException e)
        {
            throw new TokenizerException($"{path}: line {e.LineNumber + 1}: {e.Message}", e);
        }
    }

    private static string? ReadIfThere(string path) => File.Exists(path) ? File.ReadAllText(path) : null;

    /// <summary>A token is written as its text or as an object with <c>content</c>.</summary>
    private static string? TokenText(JsonElement? token) => token switch
    {
        { ValueKind: JsonValueKind.String } t => t.GetString(),
        { ValueKind: JsonValueKind.Object } t when t.TryGetProperty("content", out var content) => content.GetString(),
        _ => null,
    };

    /// <summary>One template, or a list of named ones, of which <c>default</c> is meant.</summary>
    private static string? TemplateText(JsonElement? template)
    {
        if (template is { ValueKind: JsonValueKind.String } text)
            return text.GetString();
        if (template is not { ValueKind: JsonValueKind.Array } list)
            return null;
        foreach (var item in list.EnumerateArray())
        {
            if (item.TryGetProperty("name", out var name) && name.ValueEquals("default") && item.TryGetProperty("template", out var named))
                return named.GetString();
        }
        return null;
    }
}

internal sealed record TokenizerConfigFile
{
    public bool? AddBosToken { get; init; }

    public JsonElement? BosToken { get; init; }

    public JsonElement? EosToken { get; init; }

    public JsonElement? ChatTemplate { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TokenizerConfigFile))]
internal sealed partial class TokenizerConfigJson : JsonSerializerContext;
