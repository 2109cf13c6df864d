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
    /// <param name="Gpu">UUID of the GPU on which all of that memory is taken already; empty where it is the machine's, taken as it is needed.</param>
    /// <param name="CacheBytes">What is taken there.</param>
    /// <param name="Answer">What was found when it was asked for its known answer, for people.</param>
    internal sealed record Proven(int Vocabulary, long CacheTokens, string Gpu, long CacheBytes, string Answer) : WorkerNews;

    /// <summary>It has had nothing to do for a while and has produced a token for itself, the same as always.</summary>
    internal sealed record Awake : WorkerNews;

    /// <summary>The thread that steps lives; sent by it alone, in long steps and between them.</summary>
    /// <param name="Still">It is parked: nothing is computed.</param>
    internal sealed record Beat(bool Still) : WorkerNews;

    internal sealed record Stepped(StepReport Report) : WorkerNews;

    /// <summary>It cannot go on, and why; its last word.</summary>
    /// <param name="Message">For people.</param>
    /// <param name="Suspect">What it computed lately may be wrong: its weights have changed.</param>
    internal sealed record Failed(string Message, bool Suspect) : WorkerNews;
}
