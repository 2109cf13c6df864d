namespace InferenceCore.Engine;

/// <summary>A piece of the weights in memory that is not any more what was loaded.</summary>
/// <param name="Offset">Where it begins in the memory of the weights, bytes.</param>
/// <param name="Bytes">How long it is.</param>
internal sealed record WeightFault(long Offset, long Bytes);
