using System.Security.Cryptography;
using System.Text;
using Appliance.Guide;

namespace FastTests.Guide;

/// <summary>docs/field-guide as it lies in the tree, and the hash that ties the trained model to it.</summary>
internal static class GuideFiles
{
    public static List<GuideEntry> Load(string root)
    {
        var folder = Path.Combine(root, "docs/field-guide");
        return [.. Directory.EnumerateFiles(folder, "*.md").Where(f => Path.GetFileName(f) != "README.md")
            .OrderBy(Path.GetFileName, StringComparer.Ordinal).SelectMany(f => GuideFile.Parse(File.ReadAllLines(f), Path.GetFileName(f)))];
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
}
