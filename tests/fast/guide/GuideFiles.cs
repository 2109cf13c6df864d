using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace FastTests.Guide;

/// <summary>Reads docs/field-guide as docs/field-guide/README.md describes it; a fault is one line naming file and line.</summary>
internal static partial class GuideFiles
{
    public static List<GuideEntry> Load(string root)
    {
        var folder = Path.Combine(root, "docs/field-guide");
        return [.. Directory.EnumerateFiles(folder, "*.md").Where(f => Path.GetFileName(f) != "README.md")
            .OrderBy(Path.GetFileName, StringComparer.Ordinal).SelectMany(f => Parse(File.ReadAllLines(f), Path.GetFileName(f)))];
    }

    /// <summary>The hash that the training record holds: over every question with its answer, in order.</summary>
    public static string Hash(IEnumerable<GuideEntry> entries)
    {
        var text = new StringBuilder();
        foreach (var entry in entries)
        {
            foreach (var language in GuideEntry.Languages)
            {
                foreach (var question in entry.Questions[language])
                    text.Append(entry.Id).Append('\0').Append(language).Append('\0').Append(question).Append('\0').Append(entry.Answers[language]).Append('\n');
            }
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

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
