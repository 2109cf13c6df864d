namespace InferenceCore.Scheduling;

/// <summary>What one step of the scheduler did, in the order in which it happened.</summary>
internal sealed record StepReport
{
    /// <summary>Tokens computed, prompts and answers; 0: there was nothing to compute.</summary>
    public int Tokens { get; set; }

    /// <summary>Sequences that have a place.</summary>
    public int Running { get; set; }

    /// <summary>Tokens that the blocks of running sequences have room for; caches that are only kept give way to whoever comes.</summary>
    public long CacheTokens { get; set; }

    /// <summary>Sequences that had to give way.</summary>
    public int Preemptions { get; set; }

    /// <summary>Tokens looked up in kept caches.</summary>
    public int PrefixQueried { get; set; }

    /// <summary>Those found.</summary>
    public int PrefixFound { get; set; }

    public List<SequenceEvent> Events { get; init; } = [];
}
