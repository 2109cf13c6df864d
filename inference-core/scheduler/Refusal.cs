namespace InferenceCore.Scheduling;

/// <summary>Why a request was not taken in.</summary>
internal enum Refusal
{
    None,

    /// <summary>The model is still being loaded.</summary>
    Loading,

    /// <summary>Too many wait already.</summary>
    Full,

    /// <summary>The process is about to end.</summary>
    Draining,

    Failed,
}
