using System.Net.Http.Headers;
using System.Text.Json;

namespace Appliance.Daemon.Cli;

/// <summary>Asks the served model through the box' own API. Any failure is silence: the guide speaks without it.</summary>
internal static class GuideModel
{
    /// <summary>The model that was trained on the guide; another one's words would not be the guide's.</summary>
    public const string Name = "field-guide";

    private const int MaxTokens = 200;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1.5);

    /// <returns>What the model answers; null when it does not in time.</returns>
    public static async Task<string?> AnswerAsync(string api, string question, CancellationToken cancel)
    {
        try
        {
            using var http = new HttpClient { Timeout = _patience };
            using var content = new ByteArrayContent(Request(question));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await http.PostAsync($"{api}/chat/completions", content, cancel).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
                return null;
            using var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false));
            return answer.RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException
            || (e is TaskCanceledException && !cancel.IsCancellationRequested))
        {
            return null;
        }
    }

    private static byte[] Request(string question)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("model", Name);
            json.WriteStartArray("messages");
            json.WriteStartObject();
            json.WriteString("role", "user");
            json.WriteString("content", question);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteNumber("temperature", 0);
            json.WriteNumber("max_tokens", MaxTokens);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
