using Appliance.Guide;

namespace BmcAgent;

/// <summary><c>/api/guide?q=…&amp;lang=en|zh</c>: the guide's entries nearest to a question, or all of them when nothing is asked.</summary>
internal static class GuideApi
{
    /// <summary>A question is a sentence, not a document.</summary>
    public const int QuestionLimit = 300;

    private const int Shown = 6;

    private static readonly Lazy<GuideBook> _book = new(GuideBook.Load);

    /// <returns>Null and the line about what is wrong with the query.</returns>
    public static GuideReply? Answer(string question, string language, out string? fault)
    {
        fault = !GuideEntry.Languages.Contains(language) ? $"lang={language} is not known; known: {string.Join(", ", GuideEntry.Languages)}."
            : question.Length > QuestionLimit ? $"q has {question.Length} characters; {QuestionLimit} is the limit."
            : null;
        if (fault is not null)
            return null;
        if (question.Trim().Length == 0)
            return new("", "all", [.. _book.Value.Entries.Where(e => e.Id != GuideEntry.NotInGuide).Select(e => Show(e, language))]);
        var hits = _book.Value.Index.Find(question, GuideJudge.HitsWanted);
        return GuideJudge.Decide(hits, model: null) switch
        {
            GuideVerdict.Found => new(question, "found", [.. hits.Take(Shown).Select(h => Show(h.Entry, language))]),
            GuideVerdict.Unsure unsure => new(question, "unsure", [.. unsure.Nearest.Select(e => Show(e, language))]),
            GuideVerdict.NotCovered => new(question, "not_in_guide", []),
            var other => throw new System.Diagnostics.UnreachableException($"No answer for {other.GetType().Name}."),
        };
    }

    private static GuideItem Show(GuideEntry entry, string language) => new(entry.Id, entry.Source, entry.Questions[language][0], entry.Answers[language]);
}

/// <param name="Verdict"><c>all</c>, <c>found</c>, <c>unsure</c>, <c>not_in_guide</c>.</param>
internal sealed record GuideReply(string Question, string Verdict, IReadOnlyList<GuideItem> Entries);

internal sealed record GuideItem(string Id, string Source, string Question, string Answer);
