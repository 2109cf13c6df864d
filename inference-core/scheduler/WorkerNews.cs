namespace InferenceCore.Scheduling;

/// <summary>What a worker tells its gateway.</summary>
internal abstract record WorkerNews
{
    private WorkerNews()
    {
    }

    /// <summary>The model is loaded and has produced a token.</summary>
    /// <param name="Vocabulary">Its tokens.</param>
    /// <param name="CacheTokens">Tokens that all caches together have room for: what the options allow, or less on a device that has less.</param>
    internal sealed record Proven(int Vocabulary, long CacheTokens) : WorkerNews;

    /// <summary>The thread that steps lives; sent by it alone, in long steps and between them.</summary>
    /// <param name="Still">It is parked: nothing is computed.</param>
    internal sealed record Beat(bool Still) : WorkerNews;

    internal sealed record Stepped(StepReport Report) : WorkerNews;

    /// <summary>It cannot go on, and why; its last word.</summary>
    internal sealed record Failed(string Message) : WorkerNews;
}
