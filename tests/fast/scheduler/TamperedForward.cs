using FastTests.Engine;
using InferenceCore.Engine;

namespace FastTests.Scheduling;

/// <summary>A real engine that can be made to hang, to notice changed weights, or to answer differently, as a device may.</summary>
internal sealed class TamperedForward(ForwardOptions options) : IForward
{
    private readonly ReferenceForward _inner = new(GoldenModel.Open("llama3").Engine, options);

    /// <summary>Before each step.</summary>
    public Action? OnStep { get; set; }

    public Action? OnWatch { get; set; }

    public int Shift { get; set; }

    public ModelConfig Config => _inner.Config;

    public KvPool Pool => _inner.Pool;

    public int MaxTokens => _inner.MaxTokens;

    public int MaxLogits => _inner.MaxLogits;

    public string Arithmetic => "tampered";

    public WeightTraffic Traffic => _inner.Traffic;

    public int Step(ReadOnlySpan<SequenceStep> batch)
    {
        OnStep?.Invoke();
        return _inner.Step(batch);
    }

    public void Watch() => OnWatch?.Invoke();

    public void Fetch(ReadOnlySpan<int> rows) => _inner.Fetch(rows);

    public Span<float> Logits(int row) => _inner.Logits(row);

    public int Best(int row) => (_inner.Best(row) + Shift) % Config.Vocabulary;

    public bool Finite(int row) => _inner.Finite(row);

    public MemoryRates MeasureMemory(TimeProvider time, long resident) => _inner.MeasureMemory(time, resident);

    public void Dispose() => _inner.Dispose();
}
