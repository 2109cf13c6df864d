using System.Collections.Concurrent;
using InferenceCore.Engine;

namespace FastTests.Scheduling;

/// <summary>
/// An engine on a device that is not there: its pool hands out nothing but numbers, and its logits are a function of a sequence's length, with a
/// large vocabulary. It counts what it is asked for.
/// </summary>
internal sealed class FakeForward : IForward
{
    /// <summary>What a row holds never changes, and many tests read the same ones.</summary>
    private static readonly ConcurrentDictionary<(int, int), float[]> Made = [];

    private readonly List<int> _positions = [];
    private readonly HashSet<int> _fetched = [];
    private readonly float[][] _rows;

    public FakeForward(ModelConfig config, ForwardOptions options, string? gpu = null)
    {
        Config = config;
        Pool = new FakePool(options.CacheBlocks ?? int.MaxValue, gpu);
        (MaxTokens, MaxLogits) = (options.MaxTokens, options.MaxLogits);
        _rows = new float[options.MaxLogits][];
    }

    public ModelConfig Config { get; }

    public KvPool Pool { get; }

    public int MaxTokens { get; }

    public int MaxLogits { get; }

    public string Arithmetic => "fake";

    public WeightTraffic Traffic => WeightTraffic.Of(Config, 2, 2);

    /// <summary>Rows brought from the device.</summary>
    public int Fetched { get; private set; }

    public int FetchCalls { get; private set; }

    public int BestCalls { get; private set; }

    public int Steps { get; private set; }

    /// <summary>A row of its own for whoever asks.</summary>
    public static float[] LogitsAt(int position, int vocabulary) => [.. Made.GetOrAdd((position, vocabulary), Make)];

    private static float[] Make((int Position, int Vocabulary) of)
    {
        var random = new Random(of.Position);
        var logits = new float[of.Vocabulary];
        for (var i = 0; i < logits.Length; i++)
            logits[i] = (float)(random.NextDouble() * 8);
        return logits;
    }

    public int Step(ReadOnlySpan<SequenceStep> batch)
    {
        Steps++;
        _positions.Clear();
        _fetched.Clear();
        var tokens = 0;
        foreach (var step in batch)
        {
            tokens += step.Tokens.Length;
            var last = step.Cache.Length + step.Tokens.Length;
            step.Cache.Reserve(last);
            var first = step.Logits switch { LogitsOf.All => step.Cache.Length, LogitsOf.Last => last - 1, _ => last };
            _positions.AddRange(Enumerable.Range(first, last - first));
            step.Cache.Commit(last);
        }
        if (tokens > MaxTokens || _positions.Count > MaxLogits)
            throw new ArgumentException($"{tokens} tokens and {_positions.Count} rows are more than {MaxTokens} and {MaxLogits}.", nameof(batch));
        return _positions.Count;
    }

    public void Watch()
    {
    }

    public void Fetch(ReadOnlySpan<int> rows)
    {
        FetchCalls++;
        foreach (var row in rows)
        {
            Assert.True(_fetched.Add(row), $"Row {row} is fetched twice.");
            _rows[row] = LogitsAt(_positions[row], Config.Vocabulary);
            Fetched++;
        }
    }

    public Span<float> Logits(int row) =>
        _fetched.Contains(row) ? _rows[row] : throw new InvalidOperationException($"Row {row} is still on the device.");

    public int Best(int row)
    {
        BestCalls++;
        return Greedy.Pick(LogitsAt(_positions[row], Config.Vocabulary));
    }

    public bool Finite(int row) => true;

    public MemoryRates MeasureMemory(TimeProvider time, long resident) => default;

    public void Dispose()
    {
    }
}
