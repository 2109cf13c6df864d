using FastTests.Bus;
using FastTests.Scheduling;
using InferenceCore.Engine;
using InferenceCore.Scheduling;

namespace FastTests.Engine;

public sealed class KnownAnswerTests
{
    private static readonly ForwardOptions Room = new() { MaxTokens = 10, MaxLogits = 1, MaxSequences = 1, CacheBlocks = 1 };

    private static ReferenceForward Open() => new(GoldenModel.Open("llama3").Engine, Room);

    [Fact]
    public void The_same_engine_gives_the_recorded_answer_again()
    {
        using var forward = Open();
        var answer = KnownAnswer.Record(forward, "w");
        Assert.Equal((24, 16, forward.Arithmetic), (answer.Prompt.Length, answer.Tokens.Length, answer.Arithmetic));
        using var again = Open();
        Assert.Equal("16 of 16 tokens as recorded", answer.Check(again, "w"));
        Assert.Equal(0, again.Pool.Used);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(KnownAnswer.Any)]
    public void An_engine_of_the_same_arithmetic_that_answers_one_token_differently_is_not_trusted(string? arithmetic)
    {
        using var forward = Open();
        var answer = Wrong(forward, arithmetic ?? forward.Arithmetic);
        var e = Assert.Throws<InvalidDataException>(() => answer.Check(forward, "w"));
        Assert.StartsWith("token 9 of the known answer is ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_arithmetic_and_other_weights_are_only_told()
    {
        using var forward = Open();
        var answer = Wrong(forward, "cuda sm_90a 0123 0.1.0");
        Assert.Equal($"9 of 16 tokens as recorded by cuda sm_90a 0123 0.1.0; this is {forward.Arithmetic}", answer.Check(forward, "w"));
        Assert.Contains("of other weights", (answer with { Arithmetic = forward.Arithmetic }).Check(forward, "v"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_file_keeps_one_answer_for_each_arithmetic_and_finds_the_right_one()
    {
        using var folder = new TemporaryDirectory();
        Assert.Null(KnownAnswerFile.Load(folder.Path).For("cpu 1"));
        var file = new KnownAnswerFile([]).With(new("cpu 1", "w", [1], [2])).With(new("cuda 1", "w", [1], [3])).With(new("cpu 1", "w", [1], [4]));
        file.Save(folder.Path);
        Assert.Equal("""{"answers":[{"arithmetic":"cuda 1","weights":"w","prompt":[1],"tokens":[3]},{"arithmetic":"cpu 1","weights":"w","prompt":[1],"tokens":[4]}]}""",
            File.ReadAllText(folder.File("known-answer.json")).TrimEnd());
        var read = KnownAnswerFile.Load(folder.Path);
        Assert.Equal([4], read.For("cpu 1")!.Tokens);
        Assert.Equal("cuda 1", read.For("cpu 2")!.Arithmetic);
        Assert.Equal(KnownAnswer.Any, read.With(new(KnownAnswer.Any, "", [1], [5])).For("cpu 2")!.Arithmetic);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"answers":[null]}""")]
    [InlineData("""{"answers":[{"arithmetic":"cpu","weights":"","prompt":[],"tokens":[1]}]}""")]
    public void A_file_that_is_none_is_an_error_that_names_it(string text)
    {
        using var folder = new TemporaryDirectory();
        File.WriteAllText(folder.File("known-answer.json"), text);
        Assert.Contains(folder.File("known-answer.json"), Assert.Throws<EngineException>(() => KnownAnswerFile.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_records_an_answer_and_holds_the_engine_to_it()
    {
        using var folder = new TemporaryDirectory();
        CopyModel(folder.Path);
        Assert.EndsWith("no known answer is recorded", ModelVerifier.CheckEngine(folder.Path, "cpu"), StringComparison.Ordinal);
        Assert.StartsWith("16 tokens after 24 recorded in known-answer.json for cpu ", ModelVerifier.RecordAnswer(folder.Path, "cpu"), StringComparison.Ordinal);
        Assert.EndsWith("16 of 16 tokens as recorded", ModelVerifier.CheckEngine(folder.Path, "cpu"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_does_not_give_the_recorded_answer_never_becomes_ready()
    {
        using var folder = new TemporaryDirectory();
        CopyModel(folder.Path);
        using (var forward = Open())
            new KnownAnswerFile([]).With(Wrong(forward, forward.Arithmetic) with { Weights = KnownAnswer.MarkOf(folder.Path) }).Save(folder.Path);
        using var workers = new WorkerThreads(folder.Path);
        workers.Host.Start();
        Assert.IsType<EngineException>(await workers.Host.Ended);
        Assert.Equal(EngineState.Failed, workers.Host.State);
        Assert.Contains("token 9 of the known answer", workers.Host.Failure);
    }

    private static KnownAnswer Wrong(IForward forward, string arithmetic)
    {
        var answer = KnownAnswer.Record(forward, "w");
        var tokens = answer.Tokens.ToArray();
        tokens[9] = (tokens[9] + 1) % forward.Config.Vocabulary;
        return answer with { Arithmetic = arithmetic, Tokens = tokens };
    }

    private static void CopyModel(string to)
    {
        foreach (var file in Directory.EnumerateFiles(GoldenModel.Open("llama3").Directory))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}
