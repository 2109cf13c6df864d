namespace InferenceCore.Engine;

/// <summary>
/// A checkpoint or a request that the engine cannot take. The message is one line for people: what, where, and what would be right.
/// It is the only exception that strangers' bytes can cause.
/// </summary>
internal sealed class EngineException(string message, Exception? inner = null) : Exception(message, inner);
