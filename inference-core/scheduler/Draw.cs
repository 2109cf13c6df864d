namespace InferenceCore.Scheduling;

/// <summary>What a step left for one sequence: its rows of logits, and the token drawn from the last of them.</summary>
/// <param name="sequence">Whose.</param>
/// <param name="firstRow">Its first row of the step's logits.</param>
/// <param name="rows">How many, at least one.</param>
/// <param name="finite">All of them are numbers.</param>
internal sealed class Draw(Sequence sequence, int firstRow, int rows, bool finite)
{
    public Sequence Sequence { get; } = sequence;

    public int FirstRow { get; } = firstRow;

    public int Rows { get; } = rows;

    public bool Finite { get; } = finite;

    /// <summary>The prompt is read to its end, and the answer goes on: the last row is a token's.</summary>
    public bool IsDue => Finite && Sequence.Missing == 0 && Sequence.Request.MaxTokens > 0;

    /// <summary>Only the likeliest token is wanted; the engine knows it without anybody seeing the logits.</summary>
    public bool TakesBest => Sequence.Sampler.TakesBest && Sequence.Request.Logprobs is null;

    public int LastRow => FirstRow + Rows - 1;

    /// <summary>Valid once drawn, if <see cref="IsDue"/>.</summary>
    public int Token { get; set; }

    /// <summary>Null where nobody asked for it.</summary>
    public TokenLogprob? Logprob { get; set; }
}
