namespace InferenceCore.Engine;

/// <summary>The engine on the CPU: <see cref="ForwardReference"/> with its buffers and the system's memory for caches.</summary>
internal sealed class ReferenceForward : IForward
{
    private readonly EngineModel _model;
    private readonly RunState _run;

    /// <param name="model">Any number of engines may share it.</param>
    /// <param name="options">What to make room for.</param>
    /// <param name="pool">Memory of the caches; null: the system's, as the options say.</param>
    public ReferenceForward(EngineModel model, ForwardOptions options, KvPool? pool = null)
    {
        _model = model;
        _run = new RunState(model, options.MaxTokens, options.MaxLogits, Math.Min(options.Threads, ComputePool.MaxThreads)) { Progress = options.Progress };
        Pool = pool ?? new HostKvPool(model.Config, options.CacheBlocks);
        Traffic = WeightTraffic.Of(model);
    }

    public ModelConfig Config => _model.Config;

    public KvPool Pool { get; }

    public int MaxTokens => _run.MaxTokens;

    public int MaxLogits => _run.MaxLogits;

    // The products are written with vectors of a fixed width, so that every processor that can run them gives the same bits.
    public string Arithmetic => $"cpu {EngineVersion.Text}";

    public WeightTraffic Traffic { get; }

    public int Step(ReadOnlySpan<SequenceStep> batch) => ForwardReference.Step(_model, _run, batch);

    public void Watch()
    {
        // The machine's own memory is not summed up: a pass over it would cost percents of what a step has, not thousandths.
    }

    public void Fetch(ReadOnlySpan<int> rows)
    {
        // They are here.
    }

    public Span<float> Logits(int row) => _run.Logits.Span(row);

    public int Best(int row) => Greedy.Pick(_run.Logits.Span(row));

    public bool Finite(int row)
    {
        foreach (var logit in _run.Logits.Span(row))
        {
            if (!float.IsFinite(logit))
                return false;
        }
        return true;
    }

    public MemoryRates MeasureMemory(TimeProvider time, long resident)
    {
        var bandwidth = new MemoryBandwidth(time);
        var (read, residentRead) = (bandwidth.ReadLarge(), bandwidth.Read(resident));
        return new MemoryRates(bandwidth.CopyLarge(), read, residentRead);
    }

    public void Dispose() => _run.Dispose();
}
