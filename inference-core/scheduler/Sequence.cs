using InferenceCore.Engine;

namespace InferenceCore.Scheduling;

/// <summary>
/// One answer being generated. <see cref="Known"/> holds prompt and answer so far; the cache holds a beginning of it. Whatever is known and
/// not cached is computed next: the whole prompt at first, one token later, and everything again after the cache was taken away.
/// </summary>
internal sealed class Sequence
{
    public Sequence(SequenceRequest request)
    {
        Request = request;
        Sampler = new Sampler(request);
        PromptScored = request.PromptScored;
        Known = new List<int>(request.Prompt.Count + Math.Min(request.MaxTokens, 256));
        Known.AddRange(request.Prompt);
        Known.AddRange(request.Generated);
    }

    public SequenceRequest Request { get; }

    public Sampler Sampler { get; }

    public List<int> Known { get; }

    /// <summary>Null while waiting.</summary>
    public KvCache? Cache { get; set; }

    /// <summary>Tokens generated.</summary>
    public int Generated => Known.Count - Request.Prompt.Count;

    /// <summary>Tokens known and not yet in the cache.</summary>
    public int Missing => Known.Count - (Cache?.Length ?? 0);

    /// <summary>Prompt tokens whose log probability is known; the first has none.</summary>
    public int PromptScored { get; set; }

    /// <summary>It had a place, here or in a worker before this one.</summary>
    public bool Started { get; set; }

    /// <summary>Log probabilities of the prompt are wanted and not all known.</summary>
    public bool ScoresPrompt => Request.PromptLogprobs is not null && PromptScored < Request.Prompt.Count;

    /// <summary>Gives its cache up.</summary>
    public void DropCache()
    {
        Cache?.Release();
        Cache = null;
    }
}
