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
    public void A_typo_costs_little()
    {
        foreach (var question in new[] { "a fan has satlled", "fan2 stallled", "a fan has stalld", "a fna has stalled" })
            Assert.Equal(new GuideVerdict.Found(Book.Find("fan-stalled")!), GuideJudge.Decide(Book.Index.Find(question, GuideJudge.HitsWanted), null));
    }

    [Fact]
    public void Words_that_the_guide_has_never_heard_find_nothing()
    {
        Assert.Empty(Book.Index.Find("   ", 3));
        Assert.IsType<GuideVerdict.NotCovered>(GuideJudge.Decide(Book.Index.Find("qwertz asdf yxcv", 3), null));
    }

    [Fact]
    public void Other_words_of_the_trade_and_the_other_language_find_the_same_entry()
    {
        Assert.Equal("fan-stalled", Book.Index.Find("ventilator 2 is not turning", 1)[0].Entry.Id);
        Assert.Equal("setpoint", Book.Index.Find("desired temp of the water", 1)[0].Entry.Id);
        Assert.Equal("setpoint", Book.Index.Find("液体的目标温度", 1)[0].Entry.Id);
    }

    [Fact]
    public void A_fault_of_another_machine_is_not_this_boxs_even_in_the_trades_words()
    {
        string[] questions =
        [
            "the fan of my oven is too loud", "coolant leak under my car", "冰箱漏水怎么办", "家用空调外机风扇不转",
            "a fan of the Dell server next to it is too loud, quiet it via racadm", "Grundfos pump in the basement has stalled",
        ];
        foreach (var question in questions)
            Assert.IsType<GuideVerdict.NotCovered>(GuideJudge.Decide(Book.Index.Find(question, GuideJudge.HitsWanted), null));
    }

    [Fact]
    public void A_question_like_those_about_everything_else_is_not_for_the_guide_though_its_words_are_the_guides()
    {
        string[] others = ["how long does the pump of a garden pond last"];
        var hit = Assert.Single(new GuideIndex(Book.Entries, []).Find("how long does a garden pump last", 1));
        var silenced = Assert.Single(new GuideIndex(Book.Entries, others).Find("how long does a garden pump last", 1));
        Assert.True(silenced.Score < hit.Score - 1, $"{silenced.Score:F2} beside {hit.Score:F2}.");
    }

    [Fact]
    public void The_models_choice_decides_between_entries_that_are_close_and_not_between_others()
    {
        GuideHit[] close = [new(A, 3.0), new(B, 2.9)];
        Assert.Equal(new GuideVerdict.Found(A), GuideJudge.Decide(close, null));
        Assert.Equal(new GuideVerdict.Found(B), GuideJudge.Decide(close, B));
        Assert.Equal(new GuideVerdict.Found(A), GuideJudge.Decide([new(A, 3.0), new(B, 2.0)], B));
    }

    [Fact]
    public void The_models_refusal_silences_what_is_weak_and_yields_to_the_guides_own_words()
    {
        GuideHit[] weak = [new(A, GuideJudge.Enough + 0.1)];
        Assert.Equal(new GuideVerdict.Found(A), GuideJudge.Decide(weak, null));
        Assert.IsType<GuideVerdict.NotCovered>(GuideJudge.Decide(weak, Refusal));
        Assert.Equal(new GuideVerdict.Found(A), GuideJudge.Decide([new(A, 4)], Refusal));
    }

    [Fact]
    public void Between_an_answer_and_none_the_nearest_entries_are_shown()
    {
        GuideHit[] hits = [new(A, GuideJudge.Worth), new(B, GuideJudge.Worth - 0.1)];
        Assert.Equal([A, B], Assert.IsType<GuideVerdict.Unsure>(GuideJudge.Decide(hits, null)).Nearest);
        Assert.IsType<GuideVerdict.NotCovered>(GuideJudge.Decide([new(A, GuideJudge.Worth - 0.1)], null));
    }

    [Fact]
    public void An_entry_against_which_the_words_speak_is_not_an_answer_even_when_the_model_gives_it() =>
        Assert.IsType<GuideVerdict.NotCovered>(GuideJudge.Decide([new(A, -0.7)], A));

    [Fact]
    public void A_word_has_one_stem_whatever_its_ending()
    {
        Assert.Equal("stop", EnglishStem.Of("stopping"));
        Assert.Equal(EnglishStem.Of("throttles"), EnglishStem.Of("throttling"));
        Assert.Equal(EnglishStem.Of("batteries"), EnglishStem.Of("battery"));
        Assert.Equal("status", EnglishStem.Of("status"));
    }
}
