namespace InferenceCore.Engine;

/// <summary>How a weight lies in memory. float16 is widened to float32 on loading, so it is not listed.</summary>
internal enum WeightType
{
    Float32,

    /// <summary>bfloat16, in blocks of 16 shuffled as <see cref="Matrix"/> describes.</summary>
    BFloat16,
}
