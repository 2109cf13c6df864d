namespace Appliance.Guide;

/// <summary>
/// Finds the known word that a mistyped one was meant to be: one letter missing, too many, wrong, or two exchanged, never the first; of a
/// short word two exchanged alone, as it has too many neighbours.
/// </summary>
internal static class Spelling
{
    private const int Shortest = 3;

    /// <param name="rarity">Of a known word; null of any other. The commonest neighbour is taken.</param>
    /// <returns>The word itself when it is known or nothing known is near.</returns>
    public static string Of(string word, Func<string, double?> rarity) =>
        word.Length < Shortest || char.IsAsciiDigit(word[0]) || rarity(word) is not null ? word
        : Neighbours(word).Where(n => rarity(n) is not null).MinBy(n => rarity(n)) ?? word;

    private static IEnumerable<string> Neighbours(string word)
    {
        for (var i = 1; i <= word.Length; i++)
        {
            var (before, behind) = (word[..i], word[i..]);
            if (behind.Length > 1)
                yield return $"{before}{behind[1]}{behind[0]}{behind[2..]}";
            if (word.Length == Shortest)
                continue;
            if (behind.Length > 0)
                yield return before + behind[1..];
            for (var letter = 'a'; letter <= 'z'; letter++)
            {
                yield return before + letter + behind;
                if (behind.Length > 0)
                    yield return before + letter + behind[1..];
            }
        }
    }
}
