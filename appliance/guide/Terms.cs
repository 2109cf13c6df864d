using System.Text;

namespace Appliance.Guide;

/// <summary>
/// What a question is compared by: words cut to their stems, identifiers whole, three letters of a word at a time (so that a typo costs
/// little), and for Chinese one to three characters at a time. Everything in lower case and half width.
/// </summary>
internal static class Terms
{
    private const double WordWeight = 1.0;
    private const double WholeIdentifierWeight = 2.0;
    private const double TrigramWeight = 0.22;
    private const double PairWeight = 1.0;
    private const double TripleWeight = 0.6;
    private const double CharacterWeight = 0.35;

    /// <summary>Words that say nothing about the subject.</summary>
    private static readonly HashSet<string> _empty =
    [
        "a", "an", "the", "is", "are", "do", "does", "did", "i", "it", "its", "to", "of", "in", "on", "at", "and", "or", "my", "me", "this", "that",
        "what", "how", "why", "when", "where", "which", "who", "can", "could", "should", "would", "be", "for", "with", "now", "please", "there",
        "if", "have", "has", "you", "your", "we", "am", "was", "so", "just", "any", "here", "tell", "about", "get",
    ];

    /// <summary>Other words of the trade for the guide's own. From the reader's language to the guide's.</summary>
    private static readonly Dictionary<string, string> _same = new()
    {
        ["water"] = "coolant",
        ["liquid"] = "coolant",
        ["fluid"] = "coolant",
        ["card"] = "gpu",
        ["gpus"] = "gpu",
        ["temp"] = "temperature",
        ["config"] = "configuration",
        ["setting"] = "configuration",
        ["dashboard"] = "panel",
        ["browser"] = "panel",
        ["gui"] = "panel",
        ["noisy"] = "loud",
        ["noise"] = "loud",
        ["roar"] = "loud",
        ["blow"] = "loud",
        ["watt"] = "power",
        ["wattage"] = "power",
        ["rpm"] = "speed",
        ["quit"] = "stop",
        ["halt"] = "stop",
        ["dead"] = "stall",
        ["broken"] = "fail",
        ["defective"] = "fail",
        ["drip"] = "leak",
        ["wet"] = "leak",
        ["display"] = "panel",
        ["llm"] = "model",
        ["throttl"] = "throttle",
        ["gone"] = "lost",
        ["missing"] = "lost",
        ["vanish"] = "lost",
        ["simulation"] = "twin",
        ["simulator"] = "twin",
        ["simulated"] = "twin",
        ["tcp"] = "port",
        ["program"] = "process",
        ["cap"] = "limit",
        ["capp"] = "limit",
    };

    /// <summary>Term → how often, weighted.</summary>
    public static Dictionary<string, double> Of(string text)
    {
        var terms = new Dictionary<string, double>(StringComparer.Ordinal);
        var run = new StringBuilder();
        var (before, han) = ('\0', '\0');
        foreach (var raw in text)
        {
            var c = Half(raw);
            if (char.IsAsciiLetterOrDigit(c) || (c is '_' or '.' or '-' && run.Length > 0))
            {
                run.Append(c);
                (before, han) = ('\0', '\0');
                continue;
            }

            Word(run, terms);
            if (c is < '\u4e00' or > '\u9fff')
            {
                (before, han) = ('\0', '\0');
                continue;
            }

            Add(terms, $"{c}", CharacterWeight);
            if (han != '\0')
                Add(terms, $"{han}{c}", PairWeight);
            if (before != '\0')
                Add(terms, $"{before}{han}{c}", TripleWeight);
            (before, han) = (han, c);
        }

        Word(run, terms);
        return terms;
    }

    private static char Half(char c) => char.ToLowerInvariant(c is >= '\uff01' and <= '\uff5e' ? (char)(c - 0xfee0) : c);

    private static void Word(StringBuilder run, Dictionary<string, double> terms)
    {
        var word = run.ToString().TrimEnd('.', '-', '_');
        run.Clear();
        if (word.Length == 0)
            return;
        var parts = word.Split('_', '.', '-');
        if (parts.Length > 1)
            Add(terms, word, WholeIdentifierWeight);
        foreach (var part in parts.Where(p => p.Length > 0 && !_empty.Contains(p)))
        {
            var stem = Stem(part);
            Add(terms, _same.GetValueOrDefault(stem, stem), WordWeight);
            if (char.IsAsciiDigit(part[0]))
                continue;
            var padded = $"^{part}$";
            for (var i = 0; i + 3 <= padded.Length; i++)
                Add(terms, $"~{padded.AsSpan(i, 3)}", TrigramWeight);
        }
    }

    /// <summary>English endings, roughly: what matters is that both sides lose the same.</summary>
    private static string Stem(string word)
    {
        if (word.Length > 5 && word.EndsWith("ing", StringComparison.Ordinal))
            return word[..^3];
        if (word.Length > 4 && word.EndsWith("ed", StringComparison.Ordinal))
            return word[..^2];
        if (word.Length > 4 && word.EndsWith("ies", StringComparison.Ordinal))
            return word[..^3] + "y";
        return word.Length > 3 && word.EndsWith('s') && !word.EndsWith("ss", StringComparison.Ordinal) ? word[..^1] : word;
    }

    private static void Add(Dictionary<string, double> terms, string term, double weight) =>
        terms[term] = terms.GetValueOrDefault(term) + weight;
}
