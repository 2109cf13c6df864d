using System.Text.Json;
using System.Text.Json.Serialization;

namespace InferenceCore.Tokenization;

/// <summary>Merges as either generation of the file has them: <c>"Ġ t"</c> or <c>["Ġ","t"]</c>; both become the former.</summary>
internal sealed class MergesConverter : JsonConverter<List<string>>
{
    public override List<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException("merges must be an array");
        var merges = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            merges.Add(reader.TokenType == JsonTokenType.StartArray ? ReadPair(ref reader) : reader.GetString()!);
        return merges;
    }

    public override void Write(Utf8JsonWriter writer, List<string> value, JsonSerializerOptions options) => throw new NotSupportedException();

    private static string ReadPair(ref Utf8JsonReader reader)
    {
        reader.Read();
        var left = reader.GetString();
        reader.Read();
        var right = reader.GetString();
        reader.Read();
        if (reader.TokenType != JsonTokenType.EndArray)
            throw new JsonException("a merge must have two parts");
        return $"{left} {right}";
    }
}
