namespace InferenceCore.Scheduling;

/// <summary>Why an answer ended.</summary>
internal enum FinishReason
{
    /// <summary>The model ended it, or a stop string did.</summary>
    Stop,

    /// <summary>The limit of tokens or the context was reached.</summary>
    Length,

    /// <summary>The client went away.</summary>
    Cancelled,

    /// <summary>The engine failed, or shut down before the answer was finished.</summary>
    Failed,

    /// <summary>There was no memory for it; later there may be.</summary>
    Shed,
}
