namespace InferenceCore.Scheduling;

/// <summary>What a step brought for one sequence.</summary>
internal abstract record SequenceEvent(long Id)
{
    /// <summary>It has a place for the first time; this many tokens of its prompt were in a kept cache.</summary>
    internal sealed record Started(long Id, int CachedTokens) : SequenceEvent(Id);

    /// <summary>The next prompt token's log probability.</summary>
    internal sealed record PromptScored(long Id, TokenLogprob Logprob) : SequenceEvent(Id);

    /// <summary>The answer's token number <paramref name="Index"/>, from 0.</summary>
    internal sealed record Token(long Id, int Index, int Value, TokenLogprob? Logprob) : SequenceEvent(Id);

    /// <summary>No more tokens come, and not because of the last one (<see cref="SequenceRequest.EndAt"/>).</summary>
    internal sealed record Ended(long Id, FinishReason Reason) : SequenceEvent(Id);
}
