namespace InferenceCore.Cuda;

/// <summary>All products of one step, medians.</summary>
/// <param name="Ours">The engine's, whose bits do not depend on the row count.</param>
/// <param name="Library">cuBLASLt's, with the kernel that it thinks best for each shape.</param>
internal readonly record struct ProductTimes(TimeSpan Ours, TimeSpan Library);
