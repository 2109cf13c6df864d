namespace Appliance.Guide;

/// <summary>An English word without its endings, roughly: what matters is that the question's words and the guide's lose the same.</summary>
internal static class EnglishStem
{
    public static string Of(string word)
    {
        if (Ends(word, "'s"))
            word = word[..^2];
        if (word.Length > 4 && Ends(word, "ies"))
            return word[..^3] + "y";
        if (word.Length > 5 && Ends(word, "ing"))
            word = word[..^3];
        else if (word.Length > 4 && Ends(word, "ed"))
            word = word[..^2];
        else if (word.Length > 4 && Ends(word, "es") && "sxzh".Contains(word[^3], StringComparison.Ordinal))
            word = word[..^2];
        else if (word.Length > 3 && Ends(word, "s") && !"sui".Contains(word[^2], StringComparison.Ordinal))
            word = word[..^1];
        if (word.Length > 3 && word[^1] == word[^2] && !"lsez".Contains(word[^1], StringComparison.Ordinal))
            word = word[..^1]; // stopp(ing)
        return word.Length > 4 && word[^1] == 'e' ? word[..^1] : word;
    }

    private static bool Ends(string word, string ending) => word.EndsWith(ending, StringComparison.Ordinal);
}
