namespace Appliance.Guide;

/// <summary>
/// Words of the trade that mean the same, in both languages (thesaurus.txt), and words that name other things than this box
/// (elsewhere.txt). What a question says is compared by meaning first and by letters second. Immutable.
/// </summary>
internal sealed class Thesaurus
{
    /// <summary>The meaning of every word in elsewhere.txt, followed by the word.</summary>
    public const char Elsewhere = '!';

    /// <summary>First letter of what is asked: how many, where, why …; every other meaning begins with <see cref="Subject"/>.</summary>
    public const char Asked = '?';

    public const char Subject = '@';

    /// <summary>First stem of a word or phrase → its stems and what it means.</summary>
    private readonly Dictionary<string, List<(string[] Stems, string Meaning)>> _english = new(StringComparer.Ordinal);

    private readonly Dictionary<string, List<string>> _chinese = new(StringComparer.Ordinal);
    private readonly int _longest;

    private Thesaurus()
    {
        foreach (var line in Lines("thesaurus.txt"))
        {
            var (name, words) = Cut(line, ':');
            Add(words, _ => name[0] == Asked ? name : Subject + name);
        }

        foreach (var line in Lines("elsewhere.txt"))
            Add(line, word => Elsewhere + word);
        _longest = _chinese.Keys.Max(w => w.Length);
    }

    /// <summary>As it was built into this program.</summary>
    public static Thesaurus Shared { get; } = new();

    /// <summary>Whether an English stem is one of its words, or the first of a phrase.</summary>
    public bool Knows(string stem) => _english.ContainsKey(stem);

    /// <summary>What English words mean, given their stems in order, those of phrases too.</summary>
    public IEnumerable<string> Meanings(IReadOnlyList<string> stems)
    {
        for (var i = 0; i < stems.Count; i++)
        {
            foreach (var (words, meaning) in _english.GetValueOrDefault(stems[i]) ?? [])
            {
                if (words.Length <= stems.Count - i && words.SequenceEqual(stems.Skip(i).Take(words.Length)))
                    yield return meaning;
            }
        }
    }

    /// <summary>What a run of Chinese characters means: the longest known word at each place, then on behind it.</summary>
    public IEnumerable<string> Meanings(string run)
    {
        for (var at = 0; at < run.Length;)
        {
            var (length, meanings) = Longest(run.AsSpan(at));
            foreach (var meaning in meanings)
                yield return meaning;
            at += length;
        }
    }

    private (int Length, List<string> Meanings) Longest(ReadOnlySpan<char> run)
    {
        for (var length = Math.Min(_longest, run.Length); length > 0; length--)
        {
            if (_chinese.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(run[..length], out var meanings))
                return (length, meanings);
        }

        return (1, []);
    }

    private void Add(string line, Func<string, string> meaning)
    {
        var (english, chinese) = Cut(line, '|');
        foreach (var word in english.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] stems = [.. word.Split('_', '-', '.').Select(EnglishStem.Of)];
            Of(_english, stems[0]).Add((stems, meaning(word)));
        }

        foreach (var word in chinese.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            Of(_chinese, word).Add(meaning(word));
    }

    private static List<T> Of<T>(Dictionary<string, List<T>> lists, string key)
    {
        if (!lists.TryGetValue(key, out var list))
            lists[key] = list = [];
        return list;
    }

    private static (string Before, string Behind) Cut(string line, char at)
    {
        var place = line.IndexOf(at, StringComparison.Ordinal);
        return place < 0 ? throw new FormatException($"'{line}' has no '{at}'.") : (line[..place].Trim(), line[(place + 1)..].Trim());
    }

    private static IEnumerable<string> Lines(string name)
    {
        using var stream = typeof(Thesaurus).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#')];
    }
}
