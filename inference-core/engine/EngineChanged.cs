namespace InferenceCore.Engine;

/// <summary>
/// The engine is not any more what was loaded: its weights have changed in memory, or it answers differently. It must compute nothing more, and
/// what it computed lately may be wrong. The message says what, as the end of a sentence about who holds it.
/// </summary>
internal sealed class EngineChanged(string message, IReadOnlyList<WeightFault> faults) : Exception(message)
{
    /// <summary>None, if it is not known to be the weights.</summary>
    public IReadOnlyList<WeightFault> Faults { get; } = faults;
}
