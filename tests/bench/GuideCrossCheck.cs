using Appliance.Guide;

namespace Bench;

/// <summary>
/// How the index does on words it has not seen, without any set written for it: a third of each entry's own questions is left out of the
/// index and asked, each third in turn; and the questions about everything else of which the model's refusals are made. Chosen by place,
/// so that every run asks the same.
/// </summary>
internal static class GuideCrossCheck
{
    private const int Parts = 3;

    public static IEnumerable<Row> Measure(GuideBook book)
    {
        var (right, shown, asked) = (0, 0, 0);
        for (var part = 0; part < Parts; part++)
        {
            var index = new GuideIndex([.. book.Entries.Select(e => Questions(e, i => i % Parts != part))], book.Others);
            foreach (var (entry, question) in book.Entries.Where(e => e.Id != GuideEntry.NotInGuide)
                .SelectMany(e => Questions(e, i => i % Parts == part).Questions.Values.SelectMany(q => q).Select(q => (e.Id, q))))
            {
                var hits = index.Find(question, GuideJudge.NearestShown);
                asked++;
                right += hits.Count > 0 && hits[0].Entry.Id == entry ? 1 : 0;
                shown += hits.Any(h => h.Entry.Id == entry) ? 1 : 0;
            }
        }

        double Share(int count) => Math.Round(100.0 * count / asked, 1);
        yield return new($"left-out thirds of the guide's own questions: right entry, index alone, of {asked}", Share(right), null, "%");
        yield return new("left-out thirds of the guide's own questions: among the first three", Share(shown), null, "%");
        foreach (var language in GuideEntry.Languages)
        {
            var other = File.ReadLines(Path.Combine(BenchBox.Root(), $"packaging/factory/field-guide/off-topic.{language}.txt")).Where(l => l.Length > 0 && l[0] != '#').ToArray();
            var refused = other.Count(q => GuideJudge.Decide(book.Index.Find(q, GuideJudge.HitsWanted), null) is GuideVerdict.NotCovered);
            yield return new($"off-topic.{language}.txt: not covered and said so, index alone, of {other.Length}", Math.Round(100.0 * refused / other.Length, 1), null, "%");
        }
    }

    private static GuideEntry Questions(GuideEntry entry, Func<int, bool> kept)
    {
        var part = new GuideEntry(entry.Id, entry.Source);
        foreach (var language in GuideEntry.Languages)
        {
            part.Questions[language].AddRange(entry.Questions[language].Where((_, i) => kept(i)));
            part.Answers[language] = entry.Answers[language];
        }

        part.Covers.AddRange(entry.Covers);
        return part;
    }
}
