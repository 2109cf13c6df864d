namespace InferenceCore.Scheduling;

/// <summary>What the scheduler is asked for; all limits of it have been checked by the caller, except those that depend on load.</summary>
internal sealed record GenerationRequest
{
    /// <summary>At least one token.</summary>
    public required IReadOnlyList<int> Prompt { get; init; }

    /// <summary>Tokens to generate at most; 0 only evaluates the prompt. Prompt and answer fit into the context together.</summary>
    public required int MaxTokens { get; init; }

    public required SamplingOptions Sampling { get; init; }

    /// <summary>Independent answers; answer i is seeded by (seed, i).</summary>
    public int Choices { get; init; } = 1;

    /// <summary>The answer ends before the first of these strings. Needs a tokenizer.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Go on after an end-of-text token (benchmarks).</summary>
    public bool IgnoreEnd { get; init; }

    /// <summary>Log probabilities wanted for each token: of it and of this many likeliest; null: none.</summary>
    public int? Logprobs { get; init; }

    /// <summary>The same for the tokens of the prompt, first token excepted; null: none.</summary>
    public int? PromptLogprobs { get; init; }

    /// <summary>Special tokens that stand in the text of the answer rather than being left out.</summary>
    public bool KeepSpecial { get; init; }

    /// <summary>Whose request it is: clients take turns.</summary>
    public string Client { get; init; } = "";
}
