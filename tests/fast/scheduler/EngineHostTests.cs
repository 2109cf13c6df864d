using FastTests.Engine;
using InferenceCore.Engine;
using InferenceCore.Scheduling;

namespace FastTests.Scheduling;

/// <summary>The watch over real workers on threads: they die, fail, and are replaced. Those that fall silent take seconds: tests/simulation/engine.</summary>
public sealed class EngineHostTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private static GenerationRequest Request(int tokens) => EnginePair.Request(3, tokens: tokens, seed: 4);

    private static async Task<int[]> TokensAsync(Generation generation)
    {
        var pieces = new List<Piece>();
        await foreach (var piece in generation.Pieces.ReadAllAsync(Stop))
            pieces.Add(piece);
        Assert.Equal(FinishReason.Length, pieces[^1].Finish);
        return EnginePair.TokensOf(pieces);
    }

    [Fact]
    public async Task A_model_with_damaged_weights_never_becomes_ready()
    {
        var folder = Directory.CreateTempSubdirectory("nan-").FullName;
        try
        {
            foreach (var file in Directory.EnumerateFiles(GoldenModel.Open("llama3").Directory))
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            using (var weights = File.OpenWrite(Path.Combine(folder, "model.safetensors")))
            {
                // All bits set is NaN in bf16 and in float32; the last tensor of the file is the final norm.
                weights.Seek(-64, SeekOrigin.End);
                weights.Write(Enumerable.Repeat((byte)0xFF, 64).ToArray());
            }
            using var workers = new WorkerThreads(folder);
            workers.Host.Start();
            Assert.IsType<EngineException>(await workers.Host.Ended);
            Assert.Equal(EngineState.Failed, workers.Host.State);
            Assert.Contains("model.norm.weight", workers.Host.Failure);
            Assert.True(workers.Host.Proven.IsCanceled);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task What_stops_the_load_stops_the_engine_and_refuses_requests()
    {
        using var workers = new WorkerThreads("/nowhere");
        workers.Host.Start();
        Assert.IsType<EngineException>(await workers.Host.Ended);
        Assert.Contains("/nowhere/config.json", workers.Host.Failure);
        Assert.Null(workers.Host.Submit(Request(1), out var refusal));
        Assert.Equal(Refusal.Failed, refusal);
    }

    [Fact]
    public async Task Workers_that_never_come_up_are_not_started_for_ever()
    {
        using var workers = new WorkerThreads { DieAtStart = true };
        workers.Host.Start();
        var end = Assert.IsType<EngineException>(await workers.Host.Ended);
        Assert.Contains("5 workers in a row did not come up", end.Message);
        Assert.Equal(5, workers.Started);
    }

    [Fact]
    public async Task Answers_under_way_when_the_engine_is_stopped_end_as_failed()
    {
        using var workers = await WorkerThreads.ReadyAsync();
        workers.Host.Park();
        var generation = workers.Host.Submit(Request(5), out _)!;
        workers.Host.Dispose();
        var piece = await generation.Pieces.ReadAsync(Stop);
        Assert.Equal(FinishReason.Failed, piece.Finish);
        Assert.Null(await workers.Host.Ended);
    }

    [Fact]
    public async Task A_worker_that_dies_is_replaced_and_the_answer_goes_on()
    {
        using var workers = await WorkerThreads.ReadyAsync();
        var generation = workers.Host.Submit(Request(400), out _)!;
        Assert.True(await generation.Pieces.WaitToReadAsync(Stop));
        workers.Current.Die();
        Assert.Equal(EnginePair.TokensAlone(Request(400)), await TokensAsync(generation));
        Assert.Equal(2, workers.Started);
        Assert.Equal(2, workers.Host.Journal!.Metrics.Workers);
        Assert.Contains("died", workers.LastLoss);
    }

    [Fact]
    public async Task A_worker_lost_while_parked_is_replaced_when_the_engine_is_resumed_and_not_before()
    {
        using var workers = await WorkerThreads.ReadyAsync();
        workers.Host.Park();
        await WorkerThreads.UntilAsync(() => workers.Host.IsStill);
        var generation = workers.Host.Submit(Request(20), out _)!;
        workers.Current.Die();
        await WorkerThreads.UntilAsync(() => workers.LastLoss is not null);
        Assert.Equal(EngineState.Parked, workers.Host.State);
        Assert.True(workers.Host.IsStill);
        Assert.Equal(1, workers.Started);
        Assert.False(generation.Pieces.TryPeek(out _));
        workers.Host.Resume();
        Assert.Equal(EnginePair.TokensAlone(Request(20)), await TokensAsync(generation));
        Assert.Equal(2, workers.Started);
    }

    [Fact]
    public async Task Requests_wait_while_there_is_no_worker_and_the_state_says_loading()
    {
        using var workers = await WorkerThreads.ReadyAsync();
        workers.HoldStarts();
        workers.Current.Die();
        await WorkerThreads.UntilAsync(() => workers.LastLoss is not null);
        Assert.Equal(EngineState.Loading, workers.Host.State);
        var generation = workers.Host.Submit(Request(5), out var refusal)!;
        Assert.Equal(Refusal.None, refusal);
        workers.LetStart();
        Assert.Equal(EnginePair.TokensAlone(Request(5)), await TokensAsync(generation));
        Assert.Equal(EngineState.Ready, workers.Host.State);
    }

    [Fact]
    public async Task What_caches_took_of_a_gpu_and_nobody_uses_is_told_free_again_after_an_answer_and_after_a_cancelled_one()
    {
        var config = GoldenModel.Open("llama3").Config with { MaxPositions = 4096 };
        using var workers = new WorkerThreads(options: new SchedulerOptions { CacheTokens = 64 * 64 }, model: new("tiny", config, Tokenizer: null, Chat: null, new HashSet<int>()))
        {
            Load = (_, room) => new FakeForward(config, room, "GPU-1"),
        };
        Assert.Null(workers.Host.GpuCaches);
        workers.Host.Start();
        await workers.Host.Proven;
        Assert.Equal([new("GPU-1", 64, 64)], workers.Host.GpuCaches!);

        await TokensAsync(workers.Host.Submit(Request(200), out _)!);
        await WorkerThreads.UntilAsync(() => workers.Host.GpuCaches is [{ FreeMib: 64 }]); // what is kept for the next turn is free

        var endless = workers.Host.Submit(Request(4000), out _)!;
        await WorkerThreads.UntilAsync(() => workers.Host.GpuCaches is [{ FreeMib: < 62 }]);
        endless.Cancel();
        await WorkerThreads.UntilAsync(() => workers.Host.GpuCaches is [{ FreeMib: 64 }]);

        workers.HoldStarts();
        workers.Current.Die();
        await WorkerThreads.UntilAsync(() => workers.Host.GpuCaches is null); // its memory went with it
    }

    [Fact]
    public async Task An_engine_on_the_processor_has_nothing_on_any_gpu()
    {
        using var workers = await WorkerThreads.ReadyAsync();
        Assert.Empty(workers.Host.GpuCaches!);
    }
}
