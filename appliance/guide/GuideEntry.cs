namespace Appliance.Guide;

/// <summary>One entry of docs/field-guide: what people ask in each language, and what the guide says.</summary>
/// <param name="Id">Unique in the guide.</param>
/// <param name="Source">File name.</param>
public sealed record GuideEntry(string Id, string Source)
{
    /// <summary>The entry that answers what no entry covers.</summary>
    public const string NotInGuide = "not-in-guide";

    public static IReadOnlyList<string> Languages { get; } = ["en", "zh"];

    public Dictionary<string, List<string>> Questions { get; } = Languages.ToDictionary(l => l, _ => new List<string>());

    public Dictionary<string, string> Answers { get; } = [];

    /// <summary><c>alarm/fan_stalled</c>, <c>verb/status</c>, <c>key/daemon.board</c> …</summary>
    public List<string> Covers { get; } = [];
}
