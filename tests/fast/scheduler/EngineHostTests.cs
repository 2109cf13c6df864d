using FastTests.Engine;
using InferenceCore.Engine;
using InferenceCore.Gateway;
using InferenceCore.Scheduling;

namespace FastTests.Scheduling;

public sealed class EngineHostTests
{
    private static EngineHost Start(Func<ServedModel> load)
    {
        var host = new EngineHost(load, _ => new SchedulerOptions(), threads: 1, TimeProvider.System);
        host.Start();
        return host;
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
            using var host = Start(() => ModelLoader.Load(folder, "damaged", "cpu"));
            Assert.IsType<EngineException>(await host.Ended);
            Assert.Equal(EngineState.Failed, host.State);
            Assert.Contains("model.norm.weight", host.Failure);
            Assert.True(host.Proven.IsCanceled);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task What_stops_the_load_stops_the_engine_and_refuses_requests()
    {
        using var host = Start(() => throw new EngineException("config.json: is not there"));
        Assert.IsType<EngineException>(await host.Ended);
        Assert.Equal("config.json: is not there", host.Failure);
        Assert.Null(host.Submit(new GenerationRequest { Prompt = [1], MaxTokens = 1, Sampling = new SamplingOptions { Seed = 0 } }, out var refusal));
        Assert.Equal(Refusal.Failed, refusal);
    }

    [Fact]
    public async Task Answers_under_way_when_the_engine_is_stopped_end_as_failed()
    {
        var host = Start(() => new ServedModel("tiny", GoldenModel.Open("llama3").Engine, Tokenizer: null, Chat: null, new HashSet<int>()));
        await host.Proven;
        host.Park();
        var generation = host.Submit(new GenerationRequest { Prompt = [1, 2], MaxTokens = 5, Sampling = new SamplingOptions { Seed = 0 } }, out _)!;
        host.Dispose();
        var piece = await generation.Pieces.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal(FinishReason.Failed, piece.Finish);
        Assert.Null(await host.Ended);
    }
}
