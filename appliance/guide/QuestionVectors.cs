namespace Appliance.Guide;

/// <summary>
/// Every listed question as a vector of its terms, each as often as it is there times how rare it is: how near a question comes to the
/// nearest listed one, as the cosine between them. Kept by term, so that only questions with something in common are looked at.
/// </summary>
internal sealed class QuestionVectors
{
    private readonly Dictionary<string, List<(int Question, double Weight)>> _of = new(StringComparer.Ordinal);
    private readonly List<int> _owner = [];

    /// <param name="weighed">The question's terms, weighted. Not all zero.</param>
    public void Add(int entry, IReadOnlyCollection<KeyValuePair<string, double>> weighed)
    {
        var length = Length(weighed);
        foreach (var (term, weight) in weighed)
        {
            if (!_of.TryGetValue(term, out var list))
                _of[term] = list = [];
            list.Add((_owner.Count, weight / length));
        }

        _owner.Add(entry);
    }

    /// <summary>For each entry its nearest question's cosine, 0 to 1.</summary>
    public double[] Nearest(IReadOnlyCollection<KeyValuePair<string, double>> weighed, int entries)
    {
        var near = new double[_owner.Count];
        foreach (var (term, weight) in weighed)
        {
            foreach (var (question, other) in _of.GetValueOrDefault(term) ?? [])
                near[question] += weight * other;
        }

        var length = Length(weighed);
        var best = new double[entries];
        for (var i = 0; i < near.Length; i++)
            best[_owner[i]] = Math.Max(best[_owner[i]], near[i] / length);
        return best;
    }

    private static double Length(IReadOnlyCollection<KeyValuePair<string, double>> weighed) => Math.Sqrt(weighed.Sum(t => t.Value * t.Value));
}
