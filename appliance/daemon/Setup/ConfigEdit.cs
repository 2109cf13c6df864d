using System.Text;
using System.Text.Json;

namespace Appliance.Daemon.Setup;

/// <summary>Changes single values of appliance.json and leaves every other byte alone: comments are somebody's notes.</summary>
internal static class ConfigEdit
{
    private static readonly JsonReaderOptions Options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <param name="path"><c>node</c> or <c>section.key</c>.</param>
    /// <param name="value">As JSON writes it.</param>
    /// <exception cref="JsonException">The file is not JSON.</exception>
    public static byte[] Set(ReadOnlySpan<byte> json, string path, string value)
    {
        var dot = path.IndexOf('.');
        var (section, name) = dot < 0 ? ("", path) : (path[..dot], path[(dot + 1)..]);
        var place = Find(json, section, name);
        if (place.Value is { } at)
            return Splice(json, at.Start, at.End, value);
        if (section.Length == 0 || place.SectionOpen >= 0)
        {
            var open = section.Length == 0 ? place.RootOpen : place.SectionOpen;
            var indent = section.Length == 0 ? "  " : "    ";
            return Splice(json, open + 1, open + 1, $"\n{indent}\"{name}\": {value}{(place.IsEmpty(section) ? "\n" : ",")}");
        }

        return Splice(json, place.RootOpen + 1, place.RootOpen + 1, $"\n  \"{section}\": {{ \"{name}\": {value} }}{(place.RootEmpty ? "\n" : ",")}");
    }

    private static byte[] Splice(ReadOnlySpan<byte> json, int start, int end, string text) =>
        [.. json[..start], .. Encoding.UTF8.GetBytes(text), .. json[end..]];

    private static Place Find(ReadOnlySpan<byte> json, string section, string name)
    {
        var reader = new Utf8JsonReader(json, Options);
        var place = new Place { RootOpen = -1, SectionOpen = -1, RootEmpty = true, SectionEmpty = true };
        var inside = "";
        var key = "";
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject when reader.CurrentDepth == 0:
                    place = place with { RootOpen = (int)reader.TokenStartIndex };
                    break;
                case JsonTokenType.PropertyName when reader.CurrentDepth == 1:
                    (inside, key) = ("", reader.GetString()!);
                    place = place with { RootEmpty = false };
                    break;
                case JsonTokenType.PropertyName when reader.CurrentDepth == 2:
                    key = reader.GetString()!;
                    if (inside == section)
                        place = place with { SectionEmpty = false };
                    break;
                case JsonTokenType.StartObject when reader.CurrentDepth == 1:
                    inside = key;
                    if (inside == section)
                        place = place with { SectionOpen = (int)reader.TokenStartIndex };
                    break;
                case JsonTokenType.String or JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null
                    when key == name && inside == section && reader.CurrentDepth == (section.Length == 0 ? 1 : 2):
                    place = place with { Value = ((int)reader.TokenStartIndex, (int)reader.BytesConsumed) };
                    break;
            }
        }

        return place;
    }

    private readonly record struct Place
    {
        public required int RootOpen { get; init; }

        public required int SectionOpen { get; init; }

        public required bool RootEmpty { get; init; }

        public required bool SectionEmpty { get; init; }

        public (int Start, int End)? Value { get; init; }

        public bool IsEmpty(string section) => section.Length == 0 ? RootEmpty : SectionEmpty;
    }
}
