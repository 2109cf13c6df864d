namespace InferenceCore.Engine;

/// <summary>
/// A checkpoint or a request that the engine cannot take. The message is one line for people: what, where, and what would be right.
/// It is the only exception that strangers' bytes can cause.
/// </summary>
/// <param name="isUnfit">See <see cref="IsUnfit"/>.</param>
internal sealed class EngineException(string message, Exception? inner = null, bool isUnfit = false) : Exception(message, inner)
{
    /// <summary>Nothing is wrong with the model or the request: this engine has no kernels for it, or its device not the memory.</summary>
    public bool IsUnfit { get; } = isUnfit;
}
