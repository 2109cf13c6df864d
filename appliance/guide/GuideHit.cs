namespace Appliance.Guide;

/// <param name="Score">How much question and entry have in common, less what speaks against the guide: most answers lie between 1 and 5, the guide's own words above 8.</param>
public sealed record GuideHit(GuideEntry Entry, double Score);
