using InferenceCore.Engine;

namespace InferenceCore.Scheduling;

/// <summary>
/// One answer being generated. <see cref="Known"/> holds prompt and answer so far; the cache holds a beginning of it. Whatever is known and
/// not cached is computed next: the whole prompt at first, one token later, and everything again after the cache was taken away.
/// </summary>
internal sealed class Sequence
{
    public Sequence(Generation generation, int choice, AnswerText text)
    {
        Generation = generation;
        Choice = choice;
        Text = text;
        Sampler = new Sampler(generation.Request.Sampling, choice);
        Known = new List<int>(generation.Request.Prompt.Count + Math.Min(generation.Request.MaxTokens, 256));
        Known.AddRange(generation.Request.Prompt);
    }

    public Generation Generation { get; }

    public GenerationRequest Request => Generation.Request;

    public int Choice { get; }

    public AnswerText Text { get; }

    public Sampler Sampler { get; }

    public List<int> Known { get; }

    /// <summary>Null while waiting.</summary>
    public KvCache? Cache { get; set; }

    /// <summary>Tokens generated.</summary>
    public int Generated => Known.Count - Request.Prompt.Count;

    /// <summary>Tokens known and not yet in the cache.</summary>
    public int Missing => Known.Count - (Cache?.Length ?? 0);

    /// <summary>Tokens generated whose piece has not been written.</summary>
    public List<int> Unreported { get; } = [];

    /// <summary>Prompt tokens whose log probability is known; the first has none.</summary>
    public int PromptScored { get; set; } = 1;

    /// <summary>Uptime of the first admission, for the time spent in the queue.</summary>
    public TimeSpan? Started { get; set; }

    public TimeSpan? FirstToken { get; set; }

    /// <summary>Uptime of the last token.</summary>
    public TimeSpan? LastToken { get; set; }

    /// <summary>The first choice reports the log probabilities of the prompt for all.</summary>
    public bool ScoresPrompt => Request.PromptLogprobs is not null && Choice == 0;
}
