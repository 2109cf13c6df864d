namespace Appliance.Guide;

/// <summary>
/// Two witnesses who err differently: the index, which knows words, and the model, which knows ways to ask. Where they agree the entry
/// is found; where one is alone it must be sure; otherwise nobody guesses. Pure.
/// </summary>
/// <remarks>The limits were chosen on held-out.txt beside the training script; <c>./build.sh bench guide</c> measures them on both sets.</remarks>
public static class GuideJudge
{
    /// <summary>Entries shown when nobody is sure.</summary>
    public const int NearestShown = 3;

    /// <summary>Hits to hand to <see cref="Decide"/>.</summary>
    public const int HitsWanted = 10;

    /// <summary>The guide's own words, or nearly: the index alone is enough, whatever the model says.</summary>
    public const double Sure = 2.4;

    /// <summary>Worth an answer where the model at least thinks that the guide covers it and the second entry is clearly behind.</summary>
    public const double Likely = 1.2;

    /// <summary>An entry needs at least this much in common with the question, whoever speaks for it.</summary>
    public const double Corroborated = 0.8;

    /// <summary>"Clearly behind": by this part of the best score.</summary>
    private const double Lead = 0.1;

    /// <summary>An entry that the model chose may be so far behind the index' best.</summary>
    private const double Close = 0.8;

    /// <param name="hits">From <see cref="GuideIndex.Find"/>, best first.</param>
    /// <param name="model">The entry whose answer the model gave; null when it was not asked or gave none of the guide's.</param>
    public static GuideVerdict Decide(IReadOnlyList<GuideHit> hits, GuideEntry? model)
    {
        if (hits.Count == 0 || hits[0].Score < Corroborated)
            return new GuideVerdict.NotCovered();
        var best = hits[0];
        var leads = hits.Count == 1 || best.Score - hits[1].Score >= Lead * best.Score;
        var refused = model?.Id == GuideEntry.NotInGuide;
        if (best.Entry == model || best.Score >= Sure || (!refused && leads && best.Score >= Likely))
            return new GuideVerdict.Found(best.Entry);
        if (refused)
            return new GuideVerdict.NotCovered();
        if (hits.FirstOrDefault(h => h.Entry == model) is { } chosen && chosen.Score >= Close * best.Score)
            return new GuideVerdict.Found(chosen.Entry);
        return best.Score >= Likely || model is null
            ? new GuideVerdict.Unsure([.. hits.Select(h => h.Entry).Take(NearestShown)])
            : new GuideVerdict.NotCovered();
    }
}
