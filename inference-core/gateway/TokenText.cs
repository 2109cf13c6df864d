using System.Text;
using System.Text.Json;
using InferenceCore.Scheduling;
using InferenceCore.Tokenization;

namespace InferenceCore.Gateway;

/// <summary>Tokens and their log probabilities in OpenAI's two shapes.</summary>
internal static class TokenText
{
    /// <summary>JSON has no −∞; this is what vLLM writes instead.</summary>
    private const float Floor = -9999;

    public static string Of(TextTokenizer? tokenizer, int token) =>
        tokenizer is null ? $"token_id:{token}" : Encoding.UTF8.GetString(tokenizer.BytesOf(token));

    /// <summary>Chat: <c>{"content":[{"token","logprob","bytes","top_logprobs":[…]}]}</c>.</summary>
    public static void WriteChat(Utf8JsonWriter json, TextTokenizer? tokenizer, IReadOnlyList<TokenLogprob>? logprobs)
    {
        if (logprobs is null)
        {
            json.WriteNull("logprobs");
            return;
        }
        json.WriteStartObject("logprobs");
        json.WriteStartArray("content");
        foreach (var (token, logprob, top) in logprobs)
        {
            json.WriteStartObject();
            WriteEntry(json, tokenizer, token, logprob);
            json.WriteStartArray("top_logprobs");
            foreach (var (other, otherLogprob) in top)
            {
                json.WriteStartObject();
                WriteEntry(json, tokenizer, other, otherLogprob);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNull("refusal");
        json.WriteEndObject();
    }

    /// <summary>Completions: four parallel arrays. A null entry stands for the first prompt token, of which nothing is known.</summary>
    /// <param name="offset">Characters of the choice's text before the first of these tokens; moved behind the last.</param>
    public static void WriteCompletion(Utf8JsonWriter json, TextTokenizer? tokenizer, IReadOnlyList<(int Token, TokenLogprob? Logprob)>? tokens, ref int offset)
    {
        if (tokens is null)
        {
            json.WriteNull("logprobs");
            return;
        }
        json.WriteStartObject("logprobs");
        json.WriteStartArray("text_offset");
        foreach (var (token, _) in tokens)
        {
            json.WriteNumberValue(offset);
            // Special tokens are not part of the text.
            offset += tokenizer?.IsSpecial(token) == true ? 0 : Of(tokenizer, token).Length;
        }
        json.WriteEndArray();
        json.WriteStartArray("token_logprobs");
        foreach (var (_, logprob) in tokens)
        {
            if (logprob is null)
                json.WriteNullValue();
            else
                json.WriteNumberValue(Math.Max(logprob.Logprob, Floor));
        }
        json.WriteEndArray();
        json.WriteStartArray("tokens");
        foreach (var (token, _) in tokens)
            json.WriteStringValue(Of(tokenizer, token));
        json.WriteEndArray();
        json.WriteStartArray("top_logprobs");
        foreach (var (_, logprob) in tokens)
            WriteTop(json, tokenizer, logprob);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTop(Utf8JsonWriter json, TextTokenizer? tokenizer, TokenLogprob? logprob)
    {
        if (logprob is null)
        {
            json.WriteNullValue();
            return;
        }
        // Two tokens may read alike (both halves of a character); a JSON object keeps the likelier.
        var written = new HashSet<string>(StringComparer.Ordinal);
        json.WriteStartObject();
        foreach (var (token, value) in logprob.Top.Append((logprob.Token, logprob.Logprob)))
        {
            var text = Of(tokenizer, token);
            if (written.Add(text))
                json.WriteNumber(text, Math.Max(value, Floor));
        }
        json.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter json, TextTokenizer? tokenizer, int token, float logprob)
    {
        json.WriteString("token", Of(tokenizer, token));
        json.WriteNumber("logprob", Math.Max(logprob, Floor));
        if (tokenizer is null)
        {
            json.WriteNull("bytes");
            return;
        }
        json.WriteStartArray("bytes");
        foreach (var b in tokenizer.BytesOf(token))
            json.WriteNumberValue(b);
        json.WriteEndArray();
    }
}
