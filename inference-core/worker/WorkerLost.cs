namespace InferenceCore.Worker;

/// <summary>A worker's life has ended, or is taken to have. The message says how, as the end of a sentence about it.</summary>
internal sealed class WorkerLost(string message, Exception? inner = null, bool suspect = false) : Exception(message, inner)
{
    /// <summary>What it computed lately may be wrong.</summary>
    public bool Suspect { get; } = suspect;
}
