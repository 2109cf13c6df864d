using System.Text.Json;

namespace Appliance.Model;

public enum ConfigKind
{
    Text,
    Whole,
    Number,
    Flag,
}

/// <summary>One key of <c>appliance.json</c>: what it is for and what it may be.</summary>
/// <param name="Path">With its section: <c>daemon.setpoint_c</c>.</param>
/// <param name="Nullable">True where <c>null</c> means "not set".</param>
/// <param name="About">One sentence for the reader of the schema.</param>
public sealed record ConfigKey(string Path, ConfigKind Kind, string About, bool Nullable = false)
{
    public double? Min { get; init; }

    public double? Max { get; init; }

    /// <summary>The only values there are; empty for any.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Longest text allowed; at least one character is always needed.</summary>
    public int MaxLength { get; init; } = 4096;

    /// <summary>True where only letters, digits, '-' and '_' may stand.</summary>
    public bool NameOnly { get; init; }

    public string Section => Path.Contains('.') ? Path[..Path.IndexOf('.')] : "";

    public string Name => Path[(Path.IndexOf('.') + 1)..];

    /// <summary>What would be right, as the end of "it must …".</summary>
    public string Wanted => Kind switch
    {
        ConfigKind.Text when Choices.Count > 0 => $"be {string.Join(" or ", Choices.Select(c => $"\"{c}\""))}",
        ConfigKind.Text when NameOnly => $"be 1 to {MaxLength} letters, digits, '-' or '_'",
        ConfigKind.Text => "be a text that is not empty",
        ConfigKind.Whole => $"be a whole number in {Min:0}..{Max:0}",
        ConfigKind.Number => $"be a number in {Min}..{Max}",
        ConfigKind.Flag => "be true or false",
        _ => throw new System.Diagnostics.UnreachableException($"No words for {Kind}."),
    } + (Nullable ? ", or null" : "");

    /// <param name="reader">On the value's token.</param>
    public bool Accepts(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Null => Nullable,
        JsonTokenType.String => Kind == ConfigKind.Text && AcceptsText(reader.GetString()!),
        JsonTokenType.True or JsonTokenType.False => Kind == ConfigKind.Flag,
        JsonTokenType.Number => Kind switch
        {
            ConfigKind.Whole => reader.TryGetInt32(out var whole) && InRange(whole),
            ConfigKind.Number => reader.TryGetDouble(out var number) && double.IsFinite(number) && InRange(number),
            _ => false,
        },
        _ => false,
    };

    private bool InRange(double value) => !(value < Min) && !(value > Max);

    private bool AcceptsText(string text) =>
        text.Length > 0 && text.Length <= MaxLength && !text.Any(char.IsControl)
        && (Choices.Count == 0 || Choices.Contains(text))
        && (!NameOnly || text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));
}
