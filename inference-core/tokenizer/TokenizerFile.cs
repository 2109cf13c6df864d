using System.Text.Json;
using System.Text.Json.Serialization;

namespace InferenceCore.Tokenization;

// tokenizer.json as Hugging Face's tokenizers library writes it; only the keys that byte-level BPE needs.

internal sealed record TokenizerFile
{
    public IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    public TokenizerStep? Normalizer { get; init; }

    public TokenizerStep? PreTokenizer { get; init; }

    public TokenizerStep? PostProcessor { get; init; }

    public BpeModel? Model { get; init; }
}

internal sealed record AddedToken
{
    public required int Id { get; init; }

    public required string Content { get; init; }

    /// <summary>Left out of an answer's text: it steers the model and is not meant for people.</summary>
    public bool Special { get; init; }

    /// <summary>Matched after the normalizer ran rather than before.</summary>
    public bool Normalized { get; init; }

    public bool SingleWord { get; init; }

    public bool Lstrip { get; init; }

    public bool Rstrip { get; init; }
}

internal sealed record BpeModel
{
    public string? Type { get; init; }

    public Dictionary<string, int>? Vocab { get; init; }

    [JsonConverter(typeof(MergesConverter))]
    public List<string>? Merges { get; init; }

    public string? UnkToken { get; init; }

    public bool? ByteFallback { get; init; }

    public string? ContinuingSubwordPrefix { get; init; }

    public string? EndOfWordSuffix { get; init; }

    /// <summary>A piece that is a vocabulary entry is that entry, whatever the merges would make of it (Llama 3).</summary>
    public bool? IgnoreMerges { get; init; }
}

/// <summary>A normalizer, pre-tokenizer or post-processor; which keys it has depends on <see cref="Type"/>.</summary>
internal sealed record TokenizerStep
{
    public string? Type { get; init; }

    public IReadOnlyList<TokenizerStep>? Pretokenizers { get; init; }

    public IReadOnlyList<TokenizerStep>? Normalizers { get; init; }

    public IReadOnlyList<TokenizerStep>? Processors { get; init; }

    public JsonElement? Pattern { get; init; }

    /// <summary>A string on a Split; an object elsewhere, which we do not read.</summary>
    public JsonElement? Behavior { get; init; }

    public bool? Invert { get; init; }

    public bool? AddPrefixSpace { get; init; }

    public bool? UseRegex { get; init; }

    public bool? IndividualDigits { get; init; }

    public IReadOnlyList<JsonElement>? Single { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TokenizerFile))]
internal sealed partial class TokenizerJson : JsonSerializerContext;
