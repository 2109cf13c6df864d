namespace Appliance.Guide;

/// <summary>
/// Finds the entry a question is about: BM25 over everything that is listed for an entry, its questions counting in full, its answer less
/// and its names more, on the terms of <see cref="Terms"/>. A few hundred entries are compared one by one in about a millisecond.
/// </summary>
/// <remarks>
/// Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009). Found better here than the nearest listed question
/// (a short question shares too few words with any single one), and no worse than both together or a trained classifier.
/// </remarks>
public sealed class GuideIndex
{
    /// <summary>How soon a term that is repeated counts no more.</summary>
    private const double Saturation = 1.15;

    /// <summary>How much a long entry's terms count less.</summary>
    private const double LengthShare = 0.75;

    private const double AnswerWeight = 0.4;

    /// <summary>Of an entry's id and of what it covers.</summary>
    private const double NameWeight = 1.25;

    /// <summary>The guide's own question, letter for letter: nothing else comes near.</summary>
    private const double ListedBonus = 10;

    /// <summary>What a question loses for each word that names something else than this box, the third and later ones aside.</summary>
    private const double ElsewhereCost = 1.2;

    /// <summary>What a question would lose if the guide had never heard any of its words; in proportion.</summary>
    private const double UnknownCost = 2;

    private readonly Dictionary<string, double> _rarity = new(StringComparer.Ordinal);
    private readonly double _unknownRarity;
    private readonly Dictionary<string, GuideEntry> _listed = new(StringComparer.Ordinal);
    private readonly List<(GuideEntry Entry, Dictionary<string, double> Terms, double Norm)> _entries;

    public GuideIndex(IReadOnlyList<GuideEntry> entries)
    {
        var asked = entries.Where(e => e.Id != GuideEntry.NotInGuide).ToArray();
        var documents = asked.Select(Document).ToArray();
        foreach (var term in documents.SelectMany(d => d.Keys))
            _rarity[term] = _rarity.GetValueOrDefault(term) + 1;
        foreach (var term in _rarity.Keys.ToArray())
            _rarity[term] = Math.Log((asked.Length + 1) / _rarity[term]);
        _unknownRarity = Math.Log(asked.Length + 1);
        var mean = documents.Length == 0 ? 1 : documents.Average(d => d.Values.Sum());
        foreach (var entry in asked)
        {
            foreach (var question in entry.Questions.Values.SelectMany(q => q))
                _listed.TryAdd(Bare(question), entry);
        }

        _entries = [.. asked.Zip(documents, (entry, terms) => (entry, terms, Saturation * (1 - LengthShare + LengthShare * terms.Values.Sum() / mean)))];
    }

    /// <summary>The nearest entries, best first; those with nothing in common are left out.</summary>
    public IReadOnlyList<GuideHit> Find(string question, int count)
    {
        var listed = _listed.GetValueOrDefault(Bare(question));
        var terms = Terms.Of(question);
        var elsewhere = terms.Keys.Count(t => t[0] == Thesaurus.Elsewhere && !_rarity.ContainsKey(t));
        var asked = terms.Where(t => t.Key[0] != Thesaurus.Elsewhere)
            .Select(t => (t.Key, Weight: t.Value * _rarity.GetValueOrDefault(t.Key, _unknownRarity))).ToArray();
        var whole = asked.Sum(t => t.Weight);
        if (whole == 0) // "Who are you?" has no word that says anything
            return listed is null ? [] : [new(listed, ListedBonus)];
        // By the root of what the question says at all: a long one must not look surer than a short one. What the guide has never heard, and
        // what it knows to be something else, is evidence that the question is not for it.
        var root = Math.Sqrt(whole);
        var strange = UnknownCost * asked.Where(t => !_rarity.ContainsKey(t.Key)).Sum(t => t.Weight) / whole + ElsewhereCost * Math.Min(elsewhere, 2);
        return
        [
            .. _entries.Select(e => new GuideHit(e.Entry, Common(e.Terms, e.Norm) / root - strange + (e.Entry == listed ? ListedBonus : 0)))
                .Where(h => h.Score > 0).OrderByDescending(h => h.Score).ThenBy(h => h.Entry.Id, StringComparer.Ordinal).Take(count),
        ];

        double Common(Dictionary<string, double> entry, double norm) =>
            asked.Sum(t => entry.TryGetValue(t.Key, out var often) ? t.Weight * often / (often + norm) : 0);
    }

    /// <summary>Letters and digits alone, in lower case: how a question is punctuated says nothing.</summary>
    private static string Bare(string question) => string.Concat(question.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    private static Dictionary<string, double> Document(GuideEntry entry)
    {
        var terms = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var question in entry.Questions.Values.SelectMany(q => q))
            Add(question, 1);
        Add(string.Join(' ', entry.Answers.Values), AnswerWeight);
        Add(string.Join(' ', entry.Covers.Append(entry.Id.Replace('-', ' '))).Replace('.', ' '), NameWeight);
        return terms;

        void Add(string text, double weight)
        {
            foreach (var (term, value) in Terms.Of(text))
                terms[term] = terms.GetValueOrDefault(term) + value * weight;
        }
    }
}
