namespace InferenceCore.Scheduling;

/// <summary>One answer in the journal: all that a new worker must be told to go on with it, and what the client has of it.</summary>
internal sealed class JournalEntry(SequenceRequest request, Generation generation, AnswerText text)
{
    /// <summary>As it was first sent.</summary>
    public SequenceRequest Request { get; } = request;

    public Generation Generation { get; } = generation;

    public AnswerText Text { get; } = text;

    /// <summary>Every token the worker has handed over.</summary>
    public List<int> Tokens { get; } = [];

    /// <summary>Tokens whose piece has not been written.</summary>
    public List<int> Unreported { get; } = [];

    /// <summary>Uptime of the first place it had.</summary>
    public TimeSpan? Started { get; set; }

    public TimeSpan? FirstToken { get; set; }

    public TimeSpan? LastToken { get; set; }

    /// <summary>It has, or had, a place in the worker of now.</summary>
    public bool StartedHere { get; set; }

    /// <summary>Workers in a row that died while they worked on it, without having given a token of it.</summary>
    public int FruitlessLives { get; set; }

    /// <summary>What a worker needs to go on where the answer is.</summary>
    public SequenceRequest Resumed => Request with
    {
        Generated = [.. Tokens],
        PromptScored = Request.PromptScored + Generation.PromptLogprobs.Count,
    };
}
