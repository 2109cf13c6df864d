using System.Text.Json;
using System.Text.Json.Serialization;
using InferenceCore.Engine;
using InferenceCore.Scheduling;

namespace InferenceCore.Gateway;

/// <summary>generation_config.json: how the model's makers want it sampled, and what ends its answers.</summary>
internal sealed record GenerationConfig
{
    public bool? DoSample { get; init; }

    public float? Temperature { get; init; }

    public float? TopP { get; init; }

    public int? TopK { get; init; }

    public float? MinP { get; init; }

    public float? RepetitionPenalty { get; init; }

    /// <summary>One id or several.</summary>
    public JsonElement? EosTokenId { get; init; }

    [JsonIgnore]
    public SamplingOptions Sampling => new()
    {
        Temperature = DoSample == false ? 0 : Temperature ?? 1,
        TopP = TopP ?? 1,
        TopK = TopK ?? 0,
        MinP = MinP ?? 0,
        RepetitionPenalty = RepetitionPenalty is > 0 and var penalty ? penalty : 1,
        Seed = 0,
    };

    [JsonIgnore]
    public IEnumerable<int> EndTokens => EosTokenId switch
    {
        { ValueKind: JsonValueKind.Number } one when one.TryGetInt32(out var id) => [id],
        { ValueKind: JsonValueKind.Array } many => many.EnumerateArray().Where(e => e.TryGetInt32(out _)).Select(e => e.GetInt32()),
        _ => [],
    };

    public static GenerationConfig Load(string modelDirectory)
    {
        var path = Path.Combine(modelDirectory, "generation_config.json");
        if (!File.Exists(path))
            return new();
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), GenerationConfigJson.Default.GenerationConfig) ?? new();
        }
        catch (JsonException e)
        {
            throw new EngineException($"{path}: line {e.LineNumber + 1}: {e.Message.Split(" Path:")[0]}", e);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(GenerationConfig))]
internal sealed partial class GenerationConfigJson : JsonSerializerContext;
