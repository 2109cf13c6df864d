namespace InferenceCore.Scheduling;

/// <summary>Buffers as long as the vocabulary, made once; used by one sampler at a time.</summary>
internal sealed class SamplerScratch
{
    private float[] _copy = [];

    public TokenWeights Weights { get; } = new();

    /// <summary>A copy of the logits, good until the next one.</summary>
    public float[] Copy(ReadOnlySpan<float> logits)
    {
        if (_copy.Length < logits.Length)
            _copy = new float[logits.Length];
        logits.CopyTo(_copy);
        return _copy;
    }
}
