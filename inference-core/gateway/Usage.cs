using System.Text.Json;
using InferenceCore.Scheduling;

namespace InferenceCore.Gateway;

/// <summary>Tokens read and written for a request.</summary>
internal sealed class Usage
{
    public int Prompt { get; private set; }

    public int Cached { get; private set; }

    public int Completion { get; private set; }

    public void AddPrompt(Generation generation)
    {
        Prompt += generation.Request.Prompt.Count;
        Cached += generation.CachedTokens;
    }

    public void Add(Piece piece) => Completion += piece.Tokens.Count;

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", Prompt);
        json.WriteNumber("completion_tokens", Completion);
        json.WriteNumber("total_tokens", Prompt + Completion);
        json.WriteStartObject("prompt_tokens_details");
        json.WriteNumber("cached_tokens", Cached);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
