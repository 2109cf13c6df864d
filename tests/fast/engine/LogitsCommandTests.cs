using InferenceCore.Engine;

namespace FastTests.Engine;

/// <summary><c>inference-core logits</c>: which rows it gives, and what it says to nonsense.</summary>
public sealed class LogitsCommandTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(512)]
    public void Rows_come_sequence_by_sequence_and_are_those_of_the_sequence_alone(int stepTokens)
    {
        var golden = GoldenModel.Open("deepseek_v3");
        int[][] sequences = [golden.Tokens[..20], golden.Tokens[..70], golden.Tokens[..1]];
        using var forward = new ReferenceForward(golden.Engine, LogitRow.RoomFor(sequences, stepTokens));

        var rows = LogitRow.Compute(forward, sequences, stepTokens, new HashSet<int> { 69, 0, 19, 20 });

        Assert.Equal([(0, 0), (0, 19), (1, 0), (1, 19), (1, 20), (1, 69), (2, 0)], rows.Select(r => (r.Sequence, r.Position)));
        Assert.All(rows, r => Assert.Equal(golden.Prefilled[r.Position], r.Values));
    }

    [Fact]
    public void Without_positions_every_token_has_a_row()
    {
        var golden = GoldenModel.Open("qwen2");
        int[][] sequences = [golden.Tokens[..30], golden.Tokens[..10]];
        using var forward = new ReferenceForward(golden.Engine, LogitRow.RoomFor(sequences, 8));
        Assert.Equal([.. Enumerable.Range(0, 30), .. Enumerable.Range(0, 10)], LogitRow.Compute(forward, sequences, 8, positions: null).Select(r => r.Position));
    }

    [Theory]
    [InlineData("", "holds no tokens")]
    [InlineData("\n\n", "holds no tokens")]
    [InlineData("1,2\n3,x\n", "line 2: 'x' is not a token id")]
    [InlineData("1,-2", "line 1: '-2' is not a token id")]
    [InlineData("1\n,,\n", "line 2 names no token")]
    public void A_bad_line_of_a_tokens_file_is_named(string text, string expected)
    {
        File.WriteAllText(_file, text);
        var error = Assert.Throws<EngineException>(() => TokensFile.Read(_file));
        Assert.StartsWith($"{_file}: {expected}", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void A_tokens_file_holds_a_sequence_a_line_and_so_many_at_most()
    {
        File.WriteAllText(_file, "1, 2,3\n\n7\n");
        Assert.Equal([[1, 2, 3], [7]], TokensFile.Read(_file));
        File.WriteAllLines(_file, Enumerable.Repeat("1", TokensFile.SequenceLimit + 1));
        Assert.Contains("more than 1024 sequences", Assert.Throws<EngineException>(() => TokensFile.Read(_file)).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<EngineException>(() => TokensFile.Read(_file + ".absent")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("logits takes either --tokens 1,2,3 or --tokens-file FILE", "--model", "m")]
    [InlineData("logits takes either --tokens 1,2,3 or --tokens-file FILE", "--model", "m", "--tokens", "1", "--tokens-file", "f", "--output", "o")]
    [InlineData("--tokens-file needs --output FILE", "--model", "m", "--tokens-file", "f")]
    [InlineData("--tokens: 'x' is not a token id; right would be numbers separated by commas, like 1,2,3", "--model", "m", "--tokens", "1,x")]
    [InlineData("--tokens: names no token id", "--model", "m", "--tokens", ",")]
    [InlineData("--positions: '-1' is not a position; right would be numbers separated by commas, like 0,63,64", "--model", "m", "--tokens", "1", "--positions", "-1")]
    [InlineData("--step-tokens: 0 is out of range; right would be 1..1048576", "--model", "m", "--tokens", "1", "--step-tokens", "0")]
    public void What_is_wrong_with_the_words_is_said(string expected, params string[] words) =>
        Assert.Contains(LogitsCommand.Create().Parse(words).Errors, e => e.Message.StartsWith(expected, StringComparison.Ordinal));
}
