namespace Appliance.Guide;

/// <summary>
/// Two witnesses who err differently: the index, which knows words, and the model, which knows ways to ask. The index' score decides; the
/// model's choice is worth a vote for its entry, its refusal one against all. What is then too little is no answer. Pure.
/// </summary>
/// <remarks>
/// The limits were chosen on held-out.txt beside the training script, and on three thousand new questions of which each seventh was left out
/// of the index; <c>./build.sh bench guide</c> measures them.
/// </remarks>
public static class GuideJudge
{
    /// <summary>Entries shown when nobody is sure.</summary>
    public const int NearestShown = 3;

    /// <summary>Hits to hand to <see cref="Decide"/>.</summary>
    public const int HitsWanted = 10;

    /// <summary>Worth an answer.</summary>
    public const double Enough = 0.5;

    /// <summary>Worth showing what is nearest, unless the model says that the guide does not cover it.</summary>
    public const double Worth = 0.3;

    /// <summary>What the entry gains that the model chose.</summary>
    public const double Vote = 0.9;

    /// <summary>What all lose when the model refused: it says too often that the guide covers a question, and hardly ever wrongly that it does not.</summary>
    public const double Refusal = 1.3;

    /// <param name="hits">From <see cref="GuideIndex.Find"/>, best first.</param>
    /// <param name="model">The entry whose answer the model gave; null when it was not asked or gave none of the guide's.</param>
    public static GuideVerdict Decide(IReadOnlyList<GuideHit> hits, GuideEntry? model)
    {
        var refused = model?.Id == GuideEntry.NotInGuide;
        var weighed = hits.Select(h => h with { Score = h.Score + (refused ? -Refusal : h.Entry == model ? Vote : 0) }).OrderByDescending(h => h.Score).ToArray();
        if (weighed.Length == 0 || weighed[0].Score < Worth || (refused && weighed[0].Score < Enough))
            return new GuideVerdict.NotCovered();
        return weighed[0].Score >= Enough
            ? new GuideVerdict.Found(weighed[0].Entry)
            : new GuideVerdict.Unsure([.. weighed.Select(h => h.Entry).Take(NearestShown)]);
    }
}
