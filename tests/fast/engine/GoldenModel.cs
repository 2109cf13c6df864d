using System.Collections.Concurrent;
using System.Text.Json;
using FastTests.Tidy;
using InferenceCore.Engine;

namespace FastTests.Engine;

/// <summary>One of the tiny checkpoints below tests/golden/logits, with what transformers computed from it.</summary>
internal sealed class GoldenModel
{
    public static readonly string[] Names = ["qwen2", "llama3", "deepseek_v2_greedy", "deepseek_v2_groups", "deepseek_v3"];

    private static readonly ConcurrentDictionary<string, GoldenModel> Opened = [];

    private readonly ConcurrentDictionary<string, double[][]> _tensors = [];
    private readonly Lazy<EngineModel> _engine;
    private readonly Lazy<float[][]> _prefilled;

    private GoldenModel(string name)
    {
        Directory = Path.Combine(Repository.Root, "tests", "golden", "logits", name);
        Tokens = JsonSerializer.Deserialize<int[]>(File.ReadAllBytes(Path.Combine(Directory, "tokens.json")))!;
        Config = ModelConfig.Load(Directory);
        _engine = new Lazy<EngineModel>(() => EngineModel.Load(Directory));
        _prefilled = new Lazy<float[][]>(() => Logits(Engine, Tokens));
        Checkpoint = Checkpoint.Open(Directory);
        Expected = new float[Tokens.Length][];
        var entry = SafetensorsHeader.Read(Path.Combine(Directory, "expected.safetensors")).Single();
        var all = new float[Tokens.Length * Config.Vocabulary];
        TensorReader.Read(entry, all);
        for (var position = 0; position < Tokens.Length; position++)
            Expected[position] = all[(position * Config.Vocabulary)..((position + 1) * Config.Vocabulary)];
    }

    public string Directory { get; }

    public int[] Tokens { get; }

    public ModelConfig Config { get; }

    public Checkpoint Checkpoint { get; }

    /// <summary>[positions][vocabulary].</summary>
    public float[][] Expected { get; }

    public static GoldenModel Open(string name) => Opened.GetOrAdd(name, n => new GoldenModel(n));

    /// <summary>A tensor as double [rows][columns]; a vector is one row.</summary>
    public double[][] Tensor(string name, int rows, int columns) => _tensors.GetOrAdd(name, _ =>
    {
        var entry = Checkpoint.Find(name);
        Assert.Equal(rows == 1 ? [columns] : [rows, columns], entry.Shape);
        var values = new float[rows * columns];
        TensorReader.Read(entry, values);
        return [.. values.Select(v => (double)v).Chunk(columns)];
    });

    /// <summary>The model, read once: it is immutable.</summary>
    public EngineModel Engine => _engine.Value;

    /// <summary>The engine's logits of all tokens in one prefill on one thread.</summary>
    public float[][] Prefilled => _prefilled.Value;

    /// <summary>Logits of all positions from one prefill.</summary>
    public static float[][] Logits(EngineModel model, int[] tokens, int threads = 1)
    {
        using var run = new RunState(model, tokens.Length, tokens.Length, threads);
        var rows = ForwardReference.Step(model, run, [new SequenceStep(new KvCache(model.Config), tokens, LogitsOf.All)]);
        return Rows(run, rows);
    }

    public static float[][] Rows(RunState run, int rows)
    {
        var logits = new float[rows][];
        for (var row = 0; row < rows; row++)
            logits[row] = run.Logits.Span(row).ToArray();
        return logits;
    }

    /// <summary>The largest difference from the golden logits of the first positions, as a fraction of the largest golden logit.</summary>
    public double Error(float[][] logits)
    {
        var largest = 0.0;
        var difference = 0.0;
        for (var position = 0; position < logits.Length; position++)
        {
            for (var v = 0; v < Expected[position].Length; v++)
            {
                largest = Math.Max(largest, Math.Abs(Expected[position][v]));
                var here = Math.Abs((double)logits[position][v] - Expected[position][v]);
                difference = double.IsNaN(here) ? double.PositiveInfinity : Math.Max(difference, here);
            }
        }

        return difference / largest;
    }
}
