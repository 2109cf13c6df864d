namespace InferenceCore.Worker;

/// <summary>Bytes between gateway and worker that are no message. The connection is of no use any more.</summary>
internal sealed class WireFault(string message) : Exception(message);
