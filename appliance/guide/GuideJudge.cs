namespace Appliance.Guide;

/// <summary>
/// Two witnesses who err differently: the index, which knows words, and the model, which knows ways to ask. Where they agree the entry
/// is found; where one is alone it must be sure; otherwise nobody guesses. Pure.
/// </summary>
public static class GuideJudge
{
    /// <summary>Entries shown when nobody is sure.</summary>
    public const int NearestShown = 3;

    /// <summary>Hits to hand to <see cref="Decide"/>.</summary>
    public const int HitsWanted = 10;

    /// <summary>The guide's own words, or nearly: the index alone is enough whatever the model says.</summary>
    public const double Sure = 0.62;

    /// <summary>Enough to be worth showing; below it the question has hardly a word in common with the guide.</summary>
    public const double Likely = 0.30;

    /// <summary>An entry that the model chose needs at least this much in common with the question.</summary>
    public const double Corroborated = 0.06;

    /// <param name="hits">From <see cref="GuideIndex.Find"/>, best first.</param>
    /// <param name="model">The entry whose answer the model gave; null when it was not asked or gave none of the guide's.</param>
    public static GuideVerdict Decide(IReadOnlyList<GuideHit> hits, GuideEntry? model)
    {
        var best = hits.Count > 0 ? hits[0] : null;
        if (best is not null && best.Score >= Sure)
            return new GuideVerdict.Found(best.Entry);
        if (model is null)
            return best is null || best.Score < Likely ? NotCoveredOrUnsure(hits) : new GuideVerdict.Found(best.Entry);
        if (model.Id == GuideEntry.NotInGuide)
            return new GuideVerdict.NotCovered();
        if (hits.FirstOrDefault(h => h.Entry.Id == model.Id) is { } corroborated && corroborated.Score >= Corroborated)
            return new GuideVerdict.Found(model);
        return best is not null && best.Score >= Likely ? new GuideVerdict.Unsure(Nearest(hits, model)) : new GuideVerdict.NotCovered();
    }

    private static GuideVerdict NotCoveredOrUnsure(IReadOnlyList<GuideHit> hits) => hits.Count > 0 && hits[0].Score >= Likely / 2
        ? new GuideVerdict.Unsure(Nearest(hits, null))
        : new GuideVerdict.NotCovered();

    private static GuideEntry[] Nearest(IReadOnlyList<GuideHit> hits, GuideEntry? model) =>
        [.. hits.Select(h => h.Entry).Concat(model is null ? [] : [model]).DistinctBy(e => e.Id).Take(NearestShown)];
}
