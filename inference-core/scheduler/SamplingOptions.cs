namespace InferenceCore.Scheduling;

/// <summary>How the next token is chosen from the logits. The defaults are OpenAI's.</summary>
internal sealed record SamplingOptions
{
    /// <summary>0: always the likeliest token (the lower id of two). 0..2.</summary>
    public float Temperature { get; init; } = 1;

    /// <summary>Only the likeliest tokens that together have this probability. 0..1, 1: all.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Only this many of the likeliest tokens; 0: all.</summary>
    public int TopK { get; init; }

    /// <summary>Only tokens at least this fraction as likely as the likeliest. 0..1.</summary>
    public float MinP { get; init; }

    /// <summary>Taken off the logit of each token that was generated already. −2..2.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Taken off as often as the token was generated. −2..2.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Divides the positive logits of tokens that prompt or answer hold, and multiplies the negative ones. Above 0; 1: none.</summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Tokens before which the answer does not end, by an end token or by a stop string.</summary>
    public int MinTokens { get; init; }

    /// <summary>Added to the logits of these tokens. −100..100.</summary>
    public IReadOnlyList<(int Token, float Bias)> LogitBias { get; init; } = [];

    /// <summary>Same seed, same prompt, same options: same tokens, whatever runs beside it.</summary>
    public required ulong Seed { get; init; }
}
