using System.Text.RegularExpressions;

namespace Appliance.Guide;

/// <summary>
/// What a question is compared by: what its words mean (<see cref="Thesaurus"/>), the words cut to their stems, identifiers whole, and
/// Chinese characters alone and in pairs. Everything in lower case and half width; a typo is mended by <see cref="Spelling"/>.
/// </summary>
/// <remarks>
/// The weights are those under which most of the guide's own questions find their entry while a third of them is left out of the index:
/// <c>./build.sh bench guide</c> repeats that. Around them it is flat; without the meanings one in eight fewer is found.
/// </remarks>
internal static partial class Terms
{
    public const char FirstChinese = '\u4e00';

    private const double WordWeight = 2.0;
    private const double MeaningWeight = 1.6;
    private const double AskedWeight = 1.0;
    private const double NumberWeight = 2.2;
    private const double IdentifierWeight = 1.0;
    private const double CharacterWeight = 0.8;
    private const double PairWeight = 0.45;

    /// <summary>Words that say nothing about the subject; what is asked with them is a meaning of its own.</summary>
    private static readonly HashSet<string> _empty =
    [
        "a", "an", "the", "is", "are", "do", "does", "did", "i", "it", "its", "to", "of", "in", "on", "at", "and", "or", "my", "me", "this", "that",
        "what", "how", "why", "when", "where", "which", "who", "can", "could", "should", "would", "be", "for", "with", "now", "please", "there",
        "if", "have", "has", "you", "your", "we", "am", "was", "so", "just", "any", "here", "tell", "about", "get",
    ];

    /// <summary>Term → how often, weighted.</summary>
    /// <param name="spell">The stem that a mistyped one was meant to be; as it stands without.</param>
    public static Dictionary<string, double> Of(string text, Func<string, string>? spell = null)
    {
        var terms = new Dictionary<string, double>(StringComparer.Ordinal);
        var stems = new List<string>();
        foreach (Match run in Run().Matches(string.Concat(text.Select(Half))))
        {
            if (run.ValueSpan[0] >= FirstChinese)
                Chinese(run.Value, terms);
            else
                Latin(run.Value.TrimEnd('.', '-', '_', '\''), spell, stems, terms);
        }

        foreach (var meaning in Thesaurus.Shared.Meanings(stems))
            Mean(terms, meaning);
        return terms;
    }

    private static char Half(char c) => char.ToLowerInvariant(c is >= '\uff01' and <= '\uff5e' ? (char)(c - 0xfee0) : c);

    private static void Chinese(string run, Dictionary<string, double> terms)
    {
        for (var i = 0; i < run.Length; i++)
        {
            Add(terms, run[i..(i + 1)], CharacterWeight);
            if (i > 0)
                Add(terms, run[(i - 1)..(i + 1)], PairWeight);
        }

        foreach (var meaning in Thesaurus.Shared.Meanings(run))
            Mean(terms, meaning);
    }

    private static void Latin(string run, Func<string, string>? spell, List<string> stems, Dictionary<string, double> terms)
    {
        var parts = run.Split(['_', '.', '-'], StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length > 1)
            Add(terms, run, IdentifierWeight);
        foreach (var part in parts.SelectMany(p => Quantity().Match(p) is { Success: true } q ? [q.Groups[1].Value, q.Groups[2].Value] : new[] { p }))
        {
            var empty = _empty.Contains(part);
            var stem = EnglishStem.Of(part);
            if (spell is not null && !empty)
                stem = spell(stem);
            stems.Add(stem);
            if (empty)
                continue;
            Add(terms, stem, char.IsAsciiDigit(part[0]) ? NumberWeight : WordWeight);
        }
    }

    private static void Mean(Dictionary<string, double> terms, string meaning) =>
        Add(terms, meaning, meaning[0] == Thesaurus.Asked ? AskedWeight : MeaningWeight);

    private static void Add(Dictionary<string, double> terms, string term, double weight) =>
        terms[term] = terms.GetValueOrDefault(term) + weight;

    [GeneratedRegex(@"[a-z0-9][a-z0-9_.\-']*|[\u4e00-\u9fff]+")]
    private static partial Regex Run();

    /// <summary>A number and its unit: <c>38c</c>, <c>300us</c>.</summary>
    [GeneratedRegex("^([0-9]+)([a-z]{1,3})$")]
    private static partial Regex Quantity();
}
