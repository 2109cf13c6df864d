namespace InferenceCore.Scheduling;

/// <summary>Buffers as long as the vocabulary, made once; used by one sampler at a time.</summary>
internal sealed class SamplerScratch
{
    private (int Token, double Weight)[] _candidates = [];
    private float[] _copy = [];

    public (int Token, double Weight)[] Candidates(int vocabulary)
    {
        if (_candidates.Length < vocabulary)
            _candidates = new (int, double)[vocabulary];
        return _candidates;
    }

    /// <summary>A copy of the logits, good until the next one.</summary>
    public float[] Copy(ReadOnlySpan<float> logits)
    {
        if (_copy.Length < logits.Length)
            _copy = new float[logits.Length];
        logits.CopyTo(_copy);
        return _copy;
    }
}
