using Appliance.Model;
using CsCheck;
using Xunit;

namespace FastTests.Model;

public sealed class NearestTests
{
    private static readonly string[] Verbs = ["status", "watch", "thermal", "gpus", "alarms", "inject", "sim", "version", "config"];

    [Theory]
    [InlineData("statsu", "status")]
    [InlineData("stat", "status")]
    [InlineData("thermals", "thermal")]
    [InlineData("GPUS", "gpus")]
    [InlineData("alram", "alarms")]
    [InlineData("xyzzy", null)]
    [InlineData("q", null)]
    public void The_nearest_word_is_offered_when_it_is_near(string word, string? nearest) => Assert.Equal(nearest, Nearest.Of(word, Verbs));

    [Fact]
    public void Distance_is_symmetric_and_zero_only_for_the_same_word() =>
        Gen.Select(Gen.String[Gen.Char['a', 'd'], 0, 8], Gen.String[Gen.Char['a', 'd'], 0, 8]).Sample((a, b) =>
            Nearest.Distance(a, b) == Nearest.Distance(b, a) && (Nearest.Distance(a, b) == 0) == (a == b));
}
