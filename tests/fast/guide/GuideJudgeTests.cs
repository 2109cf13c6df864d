using Appliance.Guide;

namespace FastTests.Guide;

public sealed class GuideJudgeTests
{
    private static readonly GuideBook Book = GuideBook.Load();
    private static readonly GuideEntry Refusal = Book.Find(GuideEntry.NotInGuide)!;
    private static readonly GuideEntry A = new("a", "x.md");
    private static readonly GuideEntry B = new("b", "x.md");

    [Fact]
    public void The_book_in_the_program_is_the_one_in_the_tree() =>
        Assert.Equal(GuideFiles.Hash(GuideFiles.Load(Tidy.Repository.Root)), GuideFiles.Hash(Book.Entries));

    [Fact]
    public void An_alarms_code_alone_finds_an_entry_about_it()
    {
        foreach (var code in new[] { "fan_stalled", "leak_confirmed", "coolant_hot", "gpu_lost", "gpu_memory_high" })
            Assert.Contains(code, string.Join(' ', Book.Index.Find(code, 1)[0].Entry.Questions.Values.SelectMany(q => q)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_typo_costs_little() =>
        Assert.Equal("fan-stalled", Book.Index.Find("a fan has staled", 1)[0].Entry.Id);

    [Fact]
    public void Words_that_the_guide_has_never_heard_find_nothing()
    {
        Assert.Empty(Book.Index.Find("   ", 3));
        Assert.IsType<GuideVerdict.NotCovered>(GuideJudge.Decide(Book.Index.Find("qwertz asdf yxcv", 3), null));
    }

    [Fact]
    public void Agreement_is_an_answer_and_contradiction_is_none()
    {
        GuideHit[] close = [new(A, 1.0), new(B, 0.95)];
        Assert.Equal(new GuideVerdict.Found(A), GuideJudge.Decide(close, A));
        Assert.Equal(new GuideVerdict.Found(B), GuideJudge.Decide(close, B));
        Assert.IsType<GuideVerdict.NotCovered>(GuideJudge.Decide(close, Refusal));
        Assert.IsType<GuideVerdict.Unsure>(GuideJudge.Decide(close, null));
    }

    [Fact]
    public void The_models_refusal_yields_only_to_the_guides_own_words()
    {
        Assert.IsType<GuideVerdict.NotCovered>(GuideJudge.Decide([new(A, GuideJudge.Sure - 0.1)], Refusal));
        Assert.Equal(new GuideVerdict.Found(A), GuideJudge.Decide([new(A, GuideJudge.Sure)], Refusal));
    }

    [Fact]
    public void An_entry_with_nothing_in_common_is_not_an_answer_even_when_the_model_gives_it() =>
        Assert.IsType<GuideVerdict.NotCovered>(GuideJudge.Decide([new(A, GuideJudge.Corroborated - 0.1)], A));
}
