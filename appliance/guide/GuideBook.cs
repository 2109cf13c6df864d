using System.Reflection;

namespace Appliance.Guide;

/// <summary>The field guide as it was built into this program.</summary>
public sealed class GuideBook
{
    private readonly Dictionary<string, GuideEntry> _byId;

    public GuideBook(IReadOnlyList<GuideEntry> entries)
    {
        Entries = entries;
        _byId = entries.ToDictionary(e => e.Id);
        Index = new GuideIndex(entries);
    }

    /// <summary>In the order of the files' names and of each file.</summary>
    public IReadOnlyList<GuideEntry> Entries { get; }

    public GuideIndex Index { get; }

    public GuideEntry? Find(string id) => _byId.GetValueOrDefault(id);

    /// <summary>The entry of which this text is the answer, letter for letter; null for any other text.</summary>
    public GuideEntry? WithAnswer(string answer) => Entries.FirstOrDefault(e => e.Answers.ContainsValue(answer));

    /// <summary>Parsed anew at every call (milliseconds); keep it.</summary>
    public static GuideBook Load()
    {
        var assembly = typeof(GuideBook).Assembly;
        return new([.. assembly.GetManifestResourceNames().Where(n => n.StartsWith("guide/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).SelectMany(n => GuideFile.Parse(Lines(assembly, n), n["guide/".Length..]))]);
    }

    private static string[] Lines(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n');
    }
}
