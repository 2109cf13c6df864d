using System.Text.RegularExpressions;

namespace Appliance.Guide;

/// <summary>Reads one file of docs/field-guide as the README there describes it.</summary>
public static partial class GuideFile
{
    /// <exception cref="FormatException">One line naming file and line.</exception>
    public static List<GuideEntry> Parse(IReadOnlyList<string> lines, string source)
    {
        var entries = new List<GuideEntry>();
        (string Kind, string Language)? open = null;
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i];
            FormatException Wrong(string what) => new($"{source}:{i + 1}: {what}");
            if (Head().Match(line) is { Success: true } head)
            {
                entries.Add(new GuideEntry(head.Groups[1].Value, source));
                open = null;
            }
            else if (Item().Match(line) is { Success: true } item)
            {
                var entry = entries.LastOrDefault() ?? throw Wrong("an item before the first '## id'.");
                open = (item.Groups[1].Value, item.Groups[2].Value);
                if (open.Value.Kind == "q")
                    entry.Questions[open.Value.Language].Add(item.Groups[3].Value.Trim());
                else if (!entry.Answers.TryAdd(open.Value.Language, item.Groups[3].Value.Trim()))
                    throw Wrong($"a second a-{open.Value.Language} in {entry.Id}.");
            }
            else if (line.StartsWith("- covers: ", StringComparison.Ordinal) && entries.Count > 0)
            {
                entries[^1].Covers.AddRange(line["- covers: ".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries));
                open = null;
            }
            else if (line.StartsWith("  ", StringComparison.Ordinal) && line.Trim().Length > 0 && open is { } item2)
            {
                var entry = entries[^1];
                if (item2.Kind == "q")
                    entry.Questions[item2.Language][^1] += " " + line.Trim();
                else
                    entry.Answers[item2.Language] += " " + line.Trim();
            }
            else if (line.Trim().Length > 0 && !line.StartsWith("# ", StringComparison.Ordinal))
            {
                throw Wrong($"'{line}' is neither '## id' nor '- q-en: …', '- a-en: …', '- q-zh: …', '- a-zh: …', '- covers: …'.");
            }
        }

        return entries;
    }

    [GeneratedRegex(@"^## ([a-z0-9]+(?:-[a-z0-9]+)*)$")]
    private static partial Regex Head();

    [GeneratedRegex("^- (q|a)-(en|zh): (.+)$")]
    private static partial Regex Item();
}
