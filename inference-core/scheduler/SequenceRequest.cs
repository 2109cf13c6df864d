namespace InferenceCore.Scheduling;

/// <summary>
/// One answer as the engine is asked for it: all it depends on. A request that was under way when its worker died comes again with the tokens
/// that have been handed out, and goes on behind them as if nothing had been.
/// </summary>
internal sealed record SequenceRequest
{
    /// <summary>Given by the journal; unique as long as the gateway lives.</summary>
    public required long Id { get; init; }

    /// <summary>At least one token.</summary>
    public required IReadOnlyList<int> Prompt { get; init; }

    /// <summary>The answer so far; empty for a new request.</summary>
    public IReadOnlyList<int> Generated { get; init; } = [];

    /// <summary>Tokens of the whole answer at most; 0 only evaluates the prompt.</summary>
    public required int MaxTokens { get; init; }

    public required SamplingOptions Sampling { get; init; }

    /// <summary>Which answer of its request; goes into the randomness.</summary>
    public int Choice { get; init; }

    /// <summary>Tokens that end the answer.</summary>
    public IReadOnlyList<int> EndTokens { get; init; } = [];

    /// <summary>Log probabilities wanted for each token: of it and of this many likeliest; null: none.</summary>
    public int? Logprobs { get; init; }

    /// <summary>The same for the tokens of the prompt; null: none.</summary>
    public int? PromptLogprobs { get; init; }

    /// <summary>Prompt tokens whose log probability is known already; the first has none.</summary>
    public int PromptScored { get; init; } = 1;

    /// <summary>Whose request it is: clients take turns.</summary>
    public string Client { get; init; } = "";

    /// <summary>Why the answer ends with <paramref name="token"/>, its <paramref name="count"/>-th; null when it goes on. Journal and engine both ask here.</summary>
    public FinishReason? EndAt(int token, int count) =>
        EndTokens.Contains(token) ? FinishReason.Stop : count >= MaxTokens ? FinishReason.Length : null;
}
