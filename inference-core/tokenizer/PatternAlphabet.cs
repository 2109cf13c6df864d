using System.Globalization;
using System.Text;

namespace InferenceCore.Tokenization;

/// <summary>
/// How scalars above the basic plane are shown to .NET's regular expressions, which mean UTF-16 units where a tokenizer.json means
/// scalars: each becomes one BMP character. One that the patterns name (DeepSeek-V2 names Deseret, Osage, Adlam letters) becomes a
/// placeholder that is written into the pattern in its stead; any other becomes a stand-in of its general category that no
/// pattern names.
/// </summary>
internal sealed class PatternAlphabet
{
    private const char FirstPlaceholder = '\uF000';

    private readonly List<(int First, int Last)> namedAstral = [];
    private readonly List<(int First, int Last)> namedBasic = [];
    private readonly char[] standIns = new char[30];

    /// <param name="patterns">All patterns of one pre-tokenizer; <see cref="Rewrite"/> gives them as .NET must be given them.</param>
    public PatternAlphabet(IReadOnlyList<string> patterns)
    {
        foreach (var pattern in patterns)
            CollectNamed(pattern);
        ChooseStandIns();
    }

    /// <summary>The character that a scalar above the basic plane is replaced by before matching.</summary>
    public char StandIn(Rune rune)
    {
        for (var i = 0; i < namedAstral.Count; i++)
        {
            if (rune.Value >= namedAstral[i].First && rune.Value <= namedAstral[i].Last)
                return (char)(FirstPlaceholder + i);
        }
        return standIns[(int)Rune.GetUnicodeCategory(rune)];
    }

    /// <summary>The pattern with each range above the basic plane replaced by its placeholder.</summary>
    public string Rewrite(string pattern)
    {
        for (var i = 0; i < namedAstral.Count; i++)
        {
            var (first, last) = namedAstral[i];
            var written = first == last ? new Rune(first).ToString() : $"{new Rune(first)}-{new Rune(last)}";
            pattern = pattern.Replace(written, ((char)(FirstPlaceholder + i)).ToString(), StringComparison.Ordinal);
        }
        return pattern;
    }

    /// <summary>Notes the literal characters and ranges of the pattern. Escapes such as \p{L} name categories, not characters.</summary>
    private void CollectNamed(string pattern)
    {
        var runes = pattern.EnumerateRunes().Select(r => r.Value).ToArray();
        for (var i = 0; i < runes.Length; i++)
        {
            if (runes[i] == '\\')
            {
                i++;
                continue;
            }
            var first = runes[i];
            var isRange = i + 2 < runes.Length && runes[i + 1] == '-' && runes[i + 2] is not (']' or '\\') && runes[i + 2] >= first;
            var last = isRange ? runes[i + 2] : first;
            if (isRange)
                i += 2;
            if (first < 0x80 && last < 0x80)
                continue;
            var list = first > 0xFFFF ? namedAstral : namedBasic;
            if (!list.Contains((first, last)))
                list.Add((first, last));
        }
    }

    private void ChooseStandIns()
    {
        foreach (var (from, to) in ((int, int)[])[(0xA000, 0xABFF), (0x80, 0x1FFF), (0x2000, 0x9FFF), (0xF900, 0xFFFD), (0xE000, 0xEFFF)])
        {
            for (var c = from; c <= to; c++)
            {
                var category = (int)CharUnicodeInfo.GetUnicodeCategory((char)c);
                if (standIns[category] == '\0' && !namedBasic.Exists(r => c >= r.First && c <= r.Last))
                    standIns[category] = (char)c;
            }
        }
    }
}
