namespace FastTests.Guide;

/// <summary>One entry of docs/field-guide: what people ask in each language, and what the guide says.</summary>
/// <param name="Source">File name.</param>
internal sealed record GuideEntry(string Id, string Source)
{
    public static readonly string[] Languages = ["en", "zh"];

    public Dictionary<string, List<string>> Questions { get; } = Languages.ToDictionary(l => l, _ => new List<string>());

    public Dictionary<string, string> Answers { get; } = [];

    /// <summary><c>alarm/fan_stalled</c>, <c>verb/status</c> …</summary>
    public List<string> Covers { get; } = [];
}
