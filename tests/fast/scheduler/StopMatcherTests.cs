using CsCheck;
using InferenceCore.Gateway;
using InferenceCore.Scheduling;

namespace FastTests.Scheduling;

public sealed class StopMatcherTests
{
    private static readonly Gen<string> Text = Gen.Char["abc"].Array[0, 40].Select(c => new string(c));
    private static readonly Gen<string[]> Stops = Gen.Char["abc"].Array[1, 4].Select(c => new string(c)).Array[0, 3];

    [Fact]
    public void However_the_text_is_cut_what_comes_out_is_the_text_before_the_first_stop_string() =>
        Gen.Select(Text, Stops, Gen.Int[1, 5]).Sample((text, stops, size) =>
        {
            var matcher = new StopMatcher(stops);
            var seen = "";
            for (var i = 0; i < text.Length && !matcher.Stopped; i += size)
                seen += matcher.Append(text[i..Math.Min(i + size, text.Length)]);
            if (!matcher.Stopped)
                seen += matcher.Flush();
            // With several stop strings and large pieces the earliest one counts, as if letters came one by one in time.
            var ends = stops.Select(s => text.IndexOf(s, StringComparison.Ordinal)).Where(i => i >= 0).ToArray();
            if (ends.Length == 0)
                return seen == text && !matcher.Stopped;
            return matcher.Stopped && text.StartsWith(seen, StringComparison.Ordinal)
                && !stops.Any(s => seen.Contains(s, StringComparison.Ordinal)) && (size > 1 || stops.Length > 1 || seen.Length == ends.Min());
        });

    [Fact]
    public void No_part_of_a_stop_string_is_let_through_before_it_is_decided()
    {
        var matcher = new StopMatcher(["</s>"]);
        Assert.Equal("a ", matcher.Append("a <"));
        Assert.Equal("", matcher.Append("/s"));
        Assert.Equal("</sx", matcher.Append("x"));
        Assert.Equal("", matcher.Append("</s"));
        Assert.Equal("", matcher.Append("> and more"));
        Assert.True(matcher.Stopped);
    }

    [Theory]
    [InlineData(true, false, "I think</think>\n\nYes", "I think", "\n\nYes")]
    [InlineData(true, true, "only thought", "only thought", "")]
    [InlineData(false, true, "<think>a</think>b", "a", "b")]
    [InlineData(false, true, "<thin air", "", "<thin air")]
    [InlineData(false, true, "plain", "", "plain")]
    [InlineData(false, false, "<think>a</think>b", "", "<think>a</think>b")]
    [InlineData(true, false, "a</think>b</think>c", "a", "b</think>c")]
    public void Reasoning_and_content_part_at_the_tag_wherever_the_text_is_cut(bool opened, bool mayOpen, string text, string reasoning, string content)
    {
        for (var size = 1; size <= text.Length; size++)
        {
            var splitter = new ReasoningSplitter(opened, mayOpen);
            var (seenReasoning, seenContent) = ("", "");
            for (var i = 0; i < text.Length; i += size)
            {
                var (r, c) = splitter.Append(text[i..Math.Min(i + size, text.Length)], last: i + size >= text.Length);
                (seenReasoning, seenContent) = (seenReasoning + r, seenContent + c);
            }
            Assert.Equal((reasoning, content), (seenReasoning, seenContent));
        }
    }
}
