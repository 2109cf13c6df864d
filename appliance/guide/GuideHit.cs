namespace Appliance.Guide;

/// <param name="Score">0 nothing in common, 1 the guide's own words.</param>
public sealed record GuideHit(GuideEntry Entry, double Score);
