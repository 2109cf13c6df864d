using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Appliance.Model;

namespace Appliance.Health.Board;

/// <summary>Something that happened to a part and stands until it is mended: one alarm, with all the lines that belong to it.</summary>
/// <param name="Code">Of the alarm.</param>
/// <param name="Target">The part by our name: <c>gpu2</c>, <c>gpu2-link3</c>, <c>nvswitch1-link30</c>, <c>mlx5_0</c>.</param>
/// <param name="Part">The part by its serial number or address: who it was, whatever its index then.</param>
/// <param name="Headline">What it is called: "XID 119", "link 3 GPU2–NVSwitch1".</param>
/// <param name="Evidence">What was said, oldest first, limited.</param>
public sealed record Incident(
    string Code,
    string Target,
    string Part,
    string Headline,
    string? Action,
    Severity? Severity,
    ImmutableList<string> Evidence,
    int Count,
    string? BootId,
    DateTimeOffset Since,
    DateTimeOffset Last)
{
    public bool Acknowledged { get; set; }

    /// <summary>One sentence for the alarm.</summary>
    [JsonIgnore]
    public string Text
    {
        get
        {
            var said = string.Join("; ", Evidence);
            var times = Count > Evidence.Count ? $"; {Count} times in all" : "";
            return Evidence.IsEmpty ? $"{Headline}." : said.StartsWith(Headline, StringComparison.Ordinal) ? $"{said}{times}." : $"{Headline}: {said}{times}.";
        }
    }
}
