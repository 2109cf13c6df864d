namespace Appliance.Guide;

/// <summary>
/// Finds the entry a question is about: cosine similarity of weighted terms (rare ones count more) with each listed question, the best
/// of an entry's counting most, and with the entry as a whole. A few hundred entries are compared one by one in well under a millisecond.
/// </summary>
public sealed class GuideIndex
{
    /// <summary>Of the best question and of the entry as a whole; together one.</summary>
    private const double QuestionShare = 0.75;

    private readonly Dictionary<string, double> _rarity = new(StringComparer.Ordinal);
    private readonly double _unknownRarity;
    private readonly List<(GuideEntry Entry, Vector[] Questions, Vector Whole)> _entries;

    public GuideIndex(IReadOnlyList<GuideEntry> entries)
    {
        var asked = entries.Where(e => e.Id != GuideEntry.NotInGuide).ToArray();
        var texts = asked.Select(e => (Entry: e, Questions: e.Questions.Values.SelectMany(q => q).Select(Terms.Of).ToArray(), Whole: Terms.Of(WholeText(e)))).ToArray();
        foreach (var term in texts.SelectMany(t => t.Whole.Keys.Concat(t.Questions.SelectMany(q => q.Keys)).Distinct()))
            _rarity[term] = _rarity.GetValueOrDefault(term) + 1;
        foreach (var term in _rarity.Keys.ToArray())
            _rarity[term] = Math.Log((asked.Length + 1) / _rarity[term]);
        _unknownRarity = Math.Log(asked.Length + 1);
        _entries = [.. texts.Select(t => (t.Entry, t.Questions.Select(Weigh).ToArray(), Weigh(t.Whole)))];
    }

    /// <summary>The nearest entries, best first; those with nothing in common are left out.</summary>
    public IReadOnlyList<GuideHit> Find(string question, int count)
    {
        var asked = Weigh(Terms.Of(question));
        return
        [
            .. _entries.Select(e => new GuideHit(e.Entry,
                    QuestionShare * e.Questions.Max(q => q.Cosine(asked)) + (1 - QuestionShare) * e.Whole.Cosine(asked)))
                .Where(h => h.Score > 0).OrderByDescending(h => h.Score).ThenBy(h => h.Entry.Id, StringComparer.Ordinal).Take(count),
        ];
    }

    private static string WholeText(GuideEntry entry) =>
        string.Join('\n', entry.Questions.Values.SelectMany(q => q).Concat(entry.Answers.Values).Concat(entry.Covers).Append(entry.Id));

    private Vector Weigh(Dictionary<string, double> terms)
    {
        // A word that the guide does not know at all is evidence that it is about something else: it counts in the length.
        var weights = terms.ToDictionary(t => t.Key, t => (1 + Math.Log(Math.Max(1, t.Value))) * Math.Min(1, t.Value) * _rarity.GetValueOrDefault(t.Key, _unknownRarity));
        return new(weights, Math.Sqrt(weights.Values.Sum(w => w * w)));
    }

    private sealed record Vector(Dictionary<string, double> Weights, double Length)
    {
        public double Cosine(Vector other)
        {
            if (Length == 0 || other.Length == 0)
                return 0;
            var (small, large) = Weights.Count < other.Weights.Count ? (this, other) : (other, this);
            var dot = 0.0;
            foreach (var (term, weight) in small.Weights)
            {
                if (large.Weights.TryGetValue(term, out var twin))
                    dot += weight * twin;
            }

            return dot / (Length * other.Length);
        }
    }
}
