using System.Reflection;

namespace Appliance.Guide;

/// <summary>The field guide as it was built into this program.</summary>
public sealed class GuideBook
{
    private readonly Dictionary<string, GuideEntry> _byId;

    /// <param name="others">Questions that the guide does not cover.</param>
    public GuideBook(IReadOnlyList<GuideEntry> entries, IReadOnlyList<string> others)
    {
        Entries = entries;
        _byId = entries.ToDictionary(e => e.Id);
        Others = others;
        Index = new GuideIndex(entries, others);
    }

    /// <summary>In the order of the files' names and of each file.</summary>
    public IReadOnlyList<GuideEntry> Entries { get; }

    /// <summary>The questions of which the model's refusals are made (off-topic.*.txt beside its training).</summary>
    public IReadOnlyList<string> Others { get; }

    public GuideIndex Index { get; }

    public GuideEntry? Find(string id) => _byId.GetValueOrDefault(id);

    /// <summary>The entry of which this text is the answer, letter for letter; null for any other text.</summary>
    public GuideEntry? WithAnswer(string answer) => Entries.FirstOrDefault(e => e.Answers.ContainsValue(answer));

    /// <summary>Parsed anew at every call (milliseconds); keep it.</summary>
    public static GuideBook Load()
    {
        var assembly = typeof(GuideBook).Assembly;
        return new(
            [.. Named("guide/").SelectMany(n => GuideFile.Parse(Lines(assembly, n), n["guide/".Length..]))],
            [.. Named("other/").SelectMany(n => Lines(assembly, n)).Where(l => l.Length > 0 && l[0] != '#')]);

        IEnumerable<string> Named(string folder) =>
            assembly.GetManifestResourceNames().Where(n => n.StartsWith(folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal);
    }

    private static string[] Lines(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n');
    }
}
