namespace Appliance.Guide;

/// <summary>What the guide has to say to a question.</summary>
public abstract record GuideVerdict
{
    /// <param name="Entry">The one it is about.</param>
    public sealed record Found(GuideEntry Entry) : GuideVerdict;

    /// <summary>Nobody is sure enough to speak.</summary>
    /// <param name="Nearest">At most three, best first.</param>
    public sealed record Unsure(IReadOnlyList<GuideEntry> Nearest) : GuideVerdict;

    /// <summary>The guide does not cover it.</summary>
    public sealed record NotCovered : GuideVerdict;
}
