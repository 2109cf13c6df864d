using Appliance.Guide;

namespace SimulationTests.Guide;

/// <summary>The index over the guide, asked everything that is listed in it.</summary>
public sealed class GuideIndexTests
{
    private static readonly GuideBook Book = GuideBook.Load();

    [Fact]
    public void Every_listed_question_finds_its_entry_without_the_model_and_however_it_is_punctuated()
    {
        var wrong = Book.Entries.Where(e => e.Id != GuideEntry.NotInGuide)
            .SelectMany(e => GuideEntry.Languages.SelectMany(l => e.Questions[l].Select(q => (Entry: e, Question: q))))
            .Where(q => GuideJudge.Decide(Book.Index.Find(q.Question.ToUpperInvariant().TrimEnd('?', '？', '.'), 1), null) != new GuideVerdict.Found(q.Entry))
            .Select(q => $"{q.Entry.Id}: {q.Question}").ToList();
        Assert.True(wrong.Count == 0, $"{wrong.Count}:\n{string.Join('\n', wrong)}");
    }
}
