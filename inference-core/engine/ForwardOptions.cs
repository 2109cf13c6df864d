namespace InferenceCore.Engine;

/// <summary>What an engine makes room for when it loads.</summary>
internal sealed record ForwardOptions
{
    /// <summary>Tokens of all sequences together in one step.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Rows of logits in one step; at least the number of sequences.</summary>
    public required int MaxLogits { get; init; }

    /// <summary>Sequences of one step.</summary>
    public required int MaxSequences { get; init; }

    /// <summary>Blocks of cache at most; null: as many as there is memory for.</summary>
    public int? CacheBlocks { get; init; }

    /// <summary>Threads of this machine that compute, 1 or more.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Random weights made on the device instead of the checkpoint's: to measure a model of which only config.json is there.</summary>
    public bool RandomWeights { get; init; }

    /// <summary>What paces the checks of the weights.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// Called while loading, from several threads, and within steps, by the thread that steps: it is not stuck, however long it takes.
    /// </summary>
    public Action? Progress { get; init; }

    /// <summary>
    /// Prompt tokens of a step when nobody says how many: on a processor enough to use each weight many times and few enough to stay in its cache,
    /// on a GPU as many as keep its tensor cores busy.
    /// </summary>
    public static int StepTokensOn(string device) => device == ForwardLoader.Processor ? 128 : 2048;
}
