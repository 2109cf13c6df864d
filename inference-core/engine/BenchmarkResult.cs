using System.Text.Json.Serialization;

namespace InferenceCore.Engine;

/// <summary>
/// What <c>inference-core bench</c> prints. On the CPU the names stay those of the GPU: <c>hbm_…</c> is then this machine's memory.
/// </summary>
internal sealed record BenchmarkResult
{
    public required string Device { get; init; }

    public required int Threads { get; init; }

    public required int Batch { get; init; }

    public required int PromptTokens { get; init; }

    public required int NewTokens { get; init; }

    /// <summary>From the start of the process to the first token.</summary>
    public required double StartToFirstTokenS { get; init; }

    public required double LoadS { get; init; }

    [JsonPropertyName("load_gb_s")]
    public required double LoadGbS { get; init; }

    /// <summary>Prompt tokens of all sequences a second.</summary>
    public required double PrefillTokS { get; init; }

    /// <summary>From the prompt to the first token.</summary>
    public required double TtftMs { get; init; }

    /// <summary>Tokens of all sequences a second.</summary>
    public required double DecodeTokS { get; init; }

    /// <summary>The step that was disturbed least by whatever else the machine does.</summary>
    public required double TpotMsMin { get; init; }

    [JsonPropertyName("tpot_ms_p50")]
    public required double TpotMsP50 { get; init; }

    [JsonPropertyName("tpot_ms_p99")]
    public required double TpotMsP99 { get; init; }

    /// <summary>Weights and cache that one step reads, divided by the batch.</summary>
    public required double BytesPerToken { get; init; }

    /// <summary>Bytes read by decode a second.</summary>
    public required double HbmGbS { get; init; }

    /// <summary>Copy rate of memory in the same run, bytes read and written.</summary>
    public required double HbmCopyGbS { get; init; }

    /// <summary>Read rate of memory in the same run, by as many threads.</summary>
    public required double HbmReadGbS { get; init; }

    /// <summary><see cref="HbmGbS"/> / <see cref="HbmReadGbS"/>; above 1 where the weights stay in the cache.</summary>
    public required double HbmFraction { get; init; }

    /// <summary>Read rate of a buffer as large as what one step reads: the limit of a model that fits the cache.</summary>
    public required double ResidentReadGbS { get; init; }

    /// <summary><see cref="HbmGbS"/> / <see cref="ResidentReadGbS"/>.</summary>
    public required double ResidentFraction { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BenchmarkResult))]
internal sealed partial class BenchmarkJson : JsonSerializerContext;
