namespace Appliance.Guide;

/// <summary>
/// Finds the entry a question is about: BM25 over everything that is listed for an entry, its questions counting in full, its answer less
/// and its names more, and what the nearest single question adds, on the terms of <see cref="Terms"/>. What speaks against the guide as a
/// whole (words it never uses, names of other things, a question like those it does not cover) costs every entry alike. A question takes a
/// few milliseconds.
/// </summary>
/// <remarks>
/// Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009). Found better here than the nearest listed question
/// alone (a short question shares too few words with any single one), and no worse than a classifier trained on the same words.
/// </remarks>
public sealed class GuideIndex
{
    /// <summary>How soon a term that is repeated counts no more.</summary>
    private const double Saturation = 0.8;

    /// <summary>How much a long entry's terms count less.</summary>
    private const double LengthShare = 0.45;

    private const double AnswerWeight = 0.7;

    /// <summary>Of an entry's id and of what it covers.</summary>
    private const double NameWeight = 2.5;

    /// <summary>What a listed question adds that is the same; in proportion.</summary>
    private const double NearestWeight = 1.4;

    /// <summary>The guide's own question, letter for letter: nothing else comes near.</summary>
    private const double ListedBonus = 10;

    /// <summary>What an entry gains that covers an alarm or a key which the question names by its code.</summary>
    private const double CodeBonus = 1.5;

    /// <summary>What a question loses for each word that names something else than this box, the third and later ones aside.</summary>
    private const double ElsewhereCost = 1.5;

    /// <summary>What a question would lose if the guide had never heard any of its words; in proportion.</summary>
    private const double UnknownCost = 4.9;

    /// <summary>What a question would lose if the entry it is nearest to had none of its words in Latin letters; in proportion.</summary>
    private const double MissingCost = 2.5;

    /// <summary>What a question loses that is the same as one the guide does not cover; in proportion.</summary>
    private const double OtherCost = 3.6;

    private readonly Dictionary<string, double> _rarity = new(StringComparer.Ordinal);
    private readonly double _unknownRarity;
    private readonly Dictionary<string, GuideEntry> _listed = new(StringComparer.Ordinal);
    private readonly List<(GuideEntry Entry, string[] Codes, Dictionary<string, double> Terms, double Norm)> _entries;
    private readonly QuestionVectors _questions = new();
    private readonly QuestionVectors _others = new();

    /// <param name="others">Questions that the guide does not cover: what is nearer to one of them is not for the guide.</param>
    public GuideIndex(IReadOnlyList<GuideEntry> entries, IEnumerable<string> others)
    {
        var asked = entries.Where(e => e.Id != GuideEntry.NotInGuide).ToArray();
        var questions = asked.Select(e => e.Questions.Values.SelectMany(q => q).Select(q => Terms.Of(q)).ToArray()).ToArray();
        var documents = asked.Zip(questions, Document).ToArray();
        foreach (var term in documents.SelectMany(d => d.Keys))
            _rarity[term] = _rarity.GetValueOrDefault(term) + 1;
        foreach (var term in _rarity.Keys.ToArray())
            _rarity[term] = Math.Log((asked.Length + 1) / _rarity[term]);
        _unknownRarity = Math.Log(asked.Length + 1);
        var mean = documents.Length == 0 ? 1 : documents.Average(d => d.Values.Sum());
        for (var i = 0; i < asked.Length; i++)
        {
            foreach (var question in asked[i].Questions.Values.SelectMany(q => q))
                _listed.TryAdd(Bare(question), asked[i]);
            foreach (var question in questions[i])
                _questions.Add(i, Weighed(question));
        }

        foreach (var other in others)
            _others.Add(0, Weighed(Terms.Of(other)));
        _entries = [.. asked.Zip(documents, (entry, terms) => (entry, Codes(entry), terms, Norm(terms)))];

        double Norm(Dictionary<string, double> terms) => Saturation * (1 - LengthShare + LengthShare * terms.Values.Sum() / mean);
    }

    /// <summary>The nearest entries, best first; those with nothing in common are left out.</summary>
    public IReadOnlyList<GuideHit> Find(string question, int count)
    {
        var listed = _listed.GetValueOrDefault(Bare(question));
        var terms = Terms.Of(question, stem => Spelling.Of(stem, Rarity));
        var elsewhere = terms.Keys.Count(t => t[0] == Thesaurus.Elsewhere && !_rarity.ContainsKey(t));
        var asked = Weighed(terms);
        var whole = asked.Sum(t => t.Value);
        if (whole == 0) // "Who are you?" has no word that says anything
            return listed is null ? [] : [new(listed, ListedBonus)];
        // By the root of what the question says at all: a long one must not look surer than a short one.
        var root = Math.Sqrt(whole);
        var nearest = _questions.Nearest(asked, _entries.Count);
        var scores = _entries.Select((e, i) => Score(e.Terms, e.Norm, e.Codes) + NearestWeight * nearest[i]).ToArray();
        var strange = Strange(asked, whole, elsewhere, _entries[Array.IndexOf(scores, scores.Max())].Terms);
        return
        [
            .. _entries.Zip(scores, (e, score) => new GuideHit(e.Entry, score + (e.Entry == listed ? ListedBonus : 0))).Where(h => h.Score > 0)
                .OrderByDescending(h => h.Score).ThenBy(h => h.Entry.Id, StringComparer.Ordinal).Take(count)
                .Select(h => h with { Score = h.Score - strange }),
        ];

        double Score(Dictionary<string, double> entry, double norm, string[] codes) =>
            asked.Sum(t => entry.TryGetValue(t.Key, out var often) ? t.Value * often / (often + norm) : 0) / root + (codes.Any(terms.ContainsKey) ? CodeBonus : 0);
    }

    /// <summary>Evidence that the question is not for the guide at all.</summary>
    private double Strange(KeyValuePair<string, double>[] asked, double whole, int elsewhere, Dictionary<string, double> nearest) =>
        UnknownCost * asked.Where(t => !_rarity.ContainsKey(t.Key)).Sum(t => t.Value) / whole
        + ElsewhereCost * Math.Min(elsewhere, 2)
        + MissingCost * Missing(asked, nearest)
        + OtherCost * _others.Nearest(asked, 1)[0];

    /// <summary>How much of the question's words in Latin letters, names among them, an entry lacks: 0 to 1.</summary>
    private static double Missing(KeyValuePair<string, double>[] asked, Dictionary<string, double> entry)
    {
        var words = asked.Where(t => t.Key[0] is not (Thesaurus.Subject or Thesaurus.Asked) && t.Key[0] < Terms.FirstChinese).ToArray();
        return words.Length == 0 ? 0 : words.Where(t => !entry.ContainsKey(t.Key)).Sum(t => t.Value) / words.Sum(t => t.Value);
    }

    /// <summary>Of a word that the guide or the thesaurus knows.</summary>
    private double? Rarity(string stem) => _rarity.TryGetValue(stem, out var rarity) ? rarity : Thesaurus.Shared.Knows(stem) ? _unknownRarity : null;

    /// <summary>What counts of a question's terms, each by how rare it is in the guide.</summary>
    private KeyValuePair<string, double>[] Weighed(Dictionary<string, double> terms) =>
        [.. terms.Where(t => t.Key[0] != Thesaurus.Elsewhere).Select(t => KeyValuePair.Create(t.Key, t.Value * _rarity.GetValueOrDefault(t.Key, _unknownRarity)))];

    /// <summary>Letters and digits alone, in lower case: how a question is punctuated says nothing.</summary>
    private static string Bare(string question) => string.Concat(question.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    /// <summary><c>fan_stalled</c>, <c>bus.port</c>: what an entry covers and nobody says by chance.</summary>
    private static string[] Codes(GuideEntry entry) =>
        [.. entry.Covers.Where(c => c.StartsWith("alarm/", StringComparison.Ordinal) || c.StartsWith("key/", StringComparison.Ordinal))
            .Select(c => c[(c.IndexOf('/') + 1)..]).Where(c => c.Contains('_') || c.Contains('.'))];

    private static Dictionary<string, double> Document(GuideEntry entry, Dictionary<string, double>[] questions)
    {
        var terms = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var question in questions)
            Add(question, 1);
        Add(Terms.Of(string.Join(' ', entry.Answers.Values)), AnswerWeight);
        Add(Terms.Of(string.Join(' ', entry.Covers.Append(entry.Id.Replace('-', ' '))).Replace('.', ' ')), NameWeight);
        return terms;

        void Add(Dictionary<string, double> more, double weight)
        {
            foreach (var (term, value) in more)
                terms[term] = terms.GetValueOrDefault(term) + value * weight;
        }
    }
}
