using FastTests.Bus;
using FastTests.Engine;
using FastTests.Tidy;
using InferenceCore.Cuda;
using InferenceCore.Engine;
using InferenceCore.Scheduling;
using InferenceCore.Worker;

namespace FastTests.Scheduling;

/// <summary>Whatever is served, a replica answers the field guide's question before it is believed.</summary>
public sealed class GuideQuestionTests
{
    private static readonly string Shipped = Path.Combine(Repository.Root, "inference-core/models/field-guide");
    private static readonly string Served = GoldenModel.Open("llama3").Directory;

    [Fact]
    public async Task A_replica_says_what_the_guide_answered_beside_its_own_model()
    {
        using var workers = new WorkerThreads(guide: Shipped);
        string? found = null;
        workers.Host.Checked += (_, said) => found = said;
        workers.Host.Start();
        await workers.Host.Proven;
        var tokens = KnownAnswerFile.Load(Shipped).For(KnownAnswer.Any)!.Tokens.Length;
        Assert.Equal($"no known answer is recorded; field guide: {tokens} of {tokens} tokens as recorded", found);
        Assert.Equal(1, workers.Started);
    }

    [Theory]
    [InlineData("weights")]
    [InlineData("answer")]
    [InlineData("cut")]
    public async Task A_replica_whose_guide_does_not_answer_as_recorded_never_becomes_ready(string damage)
    {
        using var folder = new TemporaryDirectory();
        CopyGuide(folder.Path, damage);
        using var workers = new WorkerThreads(guide: folder.Path);
        workers.Host.Start();
        Assert.IsType<EngineException>(await workers.Host.Ended);
        Assert.Equal(EngineState.Failed, workers.Host.State);
        Assert.False(workers.Host.Proven.IsCompletedSuccessfully);
        Assert.StartsWith($"the field guide's model ({folder.Path}) does not answer as it must: ", workers.Host.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void The_guide_runs_on_the_device_of_the_served_model_and_is_freed_again()
    {
        var (seen, engine) = ((WorkerOrder.Begin?)null, (Disposed?)null);
        var begin = new WorkerOrder.Begin(Served, "cpu", 2, new(), Shipped);
        GuideQuestion.Ask(Shipped, begin, (order, room) => engine = new(ForwardLoader.Load((seen = order).ModelDirectory, order.Device, room)), null);
        Assert.Equal(begin with { ModelDirectory = Shipped }, seen);
        Assert.True(engine!.IsDisposed);
    }

    [Fact]
    public void The_guide_is_freed_before_the_served_model_takes_what_memory_there_is()
    {
        var engines = new List<(string Directory, Disposed Engine, int InUse)>();
        using var loop = new WorkerLoop(_ => { }, TimeProvider.System, load: (order, room) =>
        {
            var inUse = engines.Count(e => !e.Engine.IsDisposed);
            engines.Add((order.ModelDirectory, new(ForwardLoader.Load(order.ModelDirectory, order.Device, room)), inUse));
            return engines[^1].Engine;
        });
        loop.Carry(new WorkerOrder.Begin(Served, "cpu", 1, new(), Shipped));
        Assert.Equal([(Shipped, 0), (Served, 0)], engines.Select(e => (e.Directory, e.InUse)));
    }

    [Fact]
    public void Not_asked_is_said_with_its_reason()
    {
        using var folder = new TemporaryDirectory();
        Assert.Equal("field guide not asked: its model is not there", Ask("", Served));
        Assert.Equal("field guide not asked: its model is not there", Ask(folder.File("none"), Served));
        Assert.Equal("field guide not asked: it is the model served", Ask(Shipped, Shipped + "/"));
        CopyGuide(folder.Path, "answer"); // its own answer is asked, once
        Assert.Equal("field guide not asked: it is the model served", Ask(Shipped, folder.Path));

        static string Ask(string guide, string served) => GuideQuestion.Ask(
            guide, new(served, "cpu", 1, new(), guide), (_, _) => throw new InvalidOperationException("it was loaded"), null);
    }

    [Fact]
    public void A_device_whose_engine_has_no_kernels_for_the_guide_is_not_doubted_for_that()
    {
        using var folder = new TemporaryDirectory();
        var config = File.ReadAllText(Path.Combine(Shipped, "config.json"));
        File.WriteAllText(folder.File("config.json"), config.Replace("\"kv_lora_rank\": 64", "\"kv_lora_rank\": 32", StringComparison.Ordinal));
        Assert.Equal(
            "field guide not asked on cuda:0: the CUDA engine has no latent attention of 32 + 16 with heads of 32 and 32; "
            + "it has 512 + 64 and 64 + 16 with heads of up to 128 in multiples of 16",
            GuideQuestion.Ask(folder.Path, new(Served, "cuda:0", 1, new(), folder.Path), (_, _) => throw new InvalidOperationException("it was loaded"), null));
    }

    [Fact]
    public void The_cuda_engine_has_kernels_for_the_shipped_guide() =>
        Assert.Null(ForwardLoader.WhyNot(ModelConfig.Load(Shipped), "cuda:0"));

    [Fact]
    public void A_guide_that_finds_no_room_beside_the_served_model_is_not_asked_and_nothing_is_doubted_for_that()
    {
        var served = new WorkerOrder.Begin(Served, "cpu", 1, new(), Shipped);
        Assert.Equal("field guide not asked on cpu: no memory for a cache of 65 tokens",
            GuideQuestion.Ask(Shipped, served, (order, room) => ForwardLoader.Load(order.ModelDirectory, order.Device, room with { CacheBlocks = 1 }), null));
        Assert.Equal("field guide not asked on cpu: no memory here",
            GuideQuestion.Ask(Shipped, served, (_, _) => throw new InsufficientMemoryException("no memory here"), null));
        Assert.Equal("field guide not asked on cpu: cuMemAlloc: asked 11 MB",
            GuideQuestion.Ask(Shipped, served, (_, _) => throw new CudaException("cuMemAlloc: asked 11 MB", CudaResult.OutOfMemory), null));
    }

    [Fact]
    public void An_engine_that_fails_with_the_guide_is_doubted()
    {
        var served = new WorkerOrder.Begin(Served, "cpu", 1, new(), Shipped);
        var e = Assert.Throws<InvalidDataException>(() => GuideQuestion.Ask(Shipped, served, (_, _) => throw new EngineException("model.safetensors: truncated"), null));
        Assert.EndsWith("does not answer as it must: model.safetensors: truncated", e.Message, StringComparison.Ordinal);
        Assert.Throws<CudaException>(() => GuideQuestion.Ask(Shipped, served, (_, _) => throw new CudaException("cuLaunchKernel: illegal address"), null));
    }

    private static void CopyGuide(string to, string damage)
    {
        foreach (var file in Directory.EnumerateFiles(Shipped))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        var weights = Path.Combine(to, "model.safetensors");
        switch (damage)
        {
            case "weights": // a piece in their middle
                using (var file = new FileStream(weights, FileMode.Open))
                {
                    file.Position = file.Length / 2;
                    var piece = new byte[64 * 1024];
                    file.ReadExactly(piece);
                    Array.Reverse(piece);
                    file.Position = file.Length / 2;
                    file.Write(piece);
                }
                break;
            case "answer":
                var answers = KnownAnswerFile.Load(to);
                var answer = answers.For(KnownAnswer.Any)!;
                answers.With(answer with { Tokens = [.. answer.Tokens[..^1], answer.Tokens[^1] + 1] }).Save(to);
                break;
            case "cut":
                using (var file = new FileStream(weights, FileMode.Open))
                    file.SetLength(file.Length - 4096);
                break;
        }
    }

    /// <summary>An engine that remembers its end.</summary>
    private sealed class Disposed(IForward inner) : IForward
    {
        public bool IsDisposed { get; private set; }

        public ModelConfig Config => inner.Config;

        public KvPool Pool => inner.Pool;

        public int MaxTokens => inner.MaxTokens;

        public int MaxLogits => inner.MaxLogits;

        public string Arithmetic => inner.Arithmetic;

        public WeightTraffic Traffic => inner.Traffic;

        public int Step(ReadOnlySpan<SequenceStep> batch) => inner.Step(batch);

        public void Watch() => inner.Watch();

        public void Fetch(ReadOnlySpan<int> rows) => inner.Fetch(rows);

        public Span<float> Logits(int row) => inner.Logits(row);

        public int Best(int row) => inner.Best(row);

        public bool Finite(int row) => inner.Finite(row);

        public MemoryRates MeasureMemory(TimeProvider time, long resident) => inner.MeasureMemory(time, resident);

        public void Dispose()
        {
            IsDisposed = true;
            inner.Dispose();
        }
    }
}
