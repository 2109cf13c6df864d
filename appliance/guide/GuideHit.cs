namespace Appliance.Guide;

/// <param name="Score">
/// How much question and entry have in common, less what speaks against the guide as a whole: most answers lie between 1 and 5, the guide's
/// own words ten higher; below zero more speaks against it than for it.
/// </param>
public sealed record GuideHit(GuideEntry Entry, double Score);
