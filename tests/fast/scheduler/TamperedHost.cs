using FastTests.Engine;
using InferenceCore.Scheduling;

namespace FastTests.Scheduling;

/// <summary>A host by the real clock whose workers are threads with engines that a test can spoil.</summary>
internal static class TamperedHost
{
    /// <param name="engines">Takes the engine of each worker as it starts.</param>
    public static EngineHost Start(List<TamperedForward> engines)
    {
        var host = new EngineHost(new EngineSetup
        {
            ModelDirectory = GoldenModel.Open("llama3").Directory,
            Device = "cpu",
            Threads = 1,
            Options = _ => new SchedulerOptions(),
            Load = config => new ServedModel("tiny", config, Tokenizer: null, Chat: null, new HashSet<int>()),
            Start = () => new SeatThread(room =>
            {
                var engine = new TamperedForward(room);
                engines.Add(engine);
                return engine;
            }),
        }, TimeProvider.System);
        host.Start();
        return host;
    }

    /// <summary>All tokens of an answer that ends by its length.</summary>
    public static async Task<int[]> TokensAsync(Generation generation)
    {
        var pieces = new List<Piece>();
        await foreach (var piece in generation.Pieces.ReadAllAsync(TestContext.Current.CancellationToken))
            pieces.Add(piece);
        Assert.Equal(FinishReason.Length, pieces[^1].Finish);
        return EnginePair.TokensOf(pieces);
    }
}
