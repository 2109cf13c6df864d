namespace Appliance.Guide;

/// <param name="Score">How much question and entry have in common: most answers lie between 2 and 4, the guide's own words above 10.</param>
public sealed record GuideHit(GuideEntry Entry, double Score);
