namespace InferenceCore.Engine;

/// <summary>
/// A loaded model on some device: takes steps, owns the memory of the caches, and answers for the logits of the last step. The scheduler and the
/// verbs know nothing else of the engine. Belongs to one thread; the exceptions are named.
/// </summary>
internal interface IForward : IDisposable
{
    ModelConfig Config { get; }

    /// <summary>Where the caches of all sequences that step here have their blocks.</summary>
    KvPool Pool { get; }

    /// <summary>Tokens of all sequences together in one step, at most.</summary>
    int MaxTokens { get; }

    /// <summary>Rows of logits of one step, at most.</summary>
    int MaxLogits { get; }

    /// <summary>Names device, code and version: while it is the same, so is every bit of what is computed.</summary>
    string Arithmetic { get; }

    /// <summary>Bytes that steps have to read.</summary>
    WeightTraffic Traffic { get; }

    /// <summary>
    /// Runs one step and gives the number of rows of logits, which come sequence by sequence in the order given. The caches grow by the tokens
    /// given, or not at all if the step fails.
    /// </summary>
    /// <exception cref="EngineException">A token is not in the vocabulary, a sequence would become too long, or there is no memory for it.</exception>
    /// <exception cref="ArgumentException">More tokens or logits than there is room for.</exception>
    /// <exception cref="EngineChanged">What this step gave is not to be used, nor anything after it.</exception>
    int Step(ReadOnlySpan<SequenceStep> batch);

    /// <summary>Called often while there is nothing to compute: what goes on beside the steps, such as checks of the weights, goes on.</summary>
    /// <exception cref="EngineChanged">Nothing more is to be computed.</exception>
    void Watch();

    /// <summary>Brings these rows to where <see cref="Logits"/> gives them, all at once; one by one it costs a wait for each.</summary>
    void Fetch(ReadOnlySpan<int> rows);

    /// <summary>
    /// A row of the last step's logits [V], good until the next step; whoever gets it may change it. From several threads at once only for
    /// different rows that were fetched.
    /// </summary>
    Span<float> Logits(int row);

    /// <summary>The likeliest token of a row, of equals the lowest, of the logits as they were computed.</summary>
    int Best(int row);

    /// <summary>No logit of the row is infinite or not a number, as they were computed.</summary>
    bool Finite(int row);

    /// <summary>How fast the memory that steps read from is, measured here and now.</summary>
    /// <param name="time">To measure with.</param>
    /// <param name="resident">Size of the buffer for <see cref="MemoryRates.ResidentReadGbS"/>.</param>
    MemoryRates MeasureMemory(TimeProvider time, long resident);
}
