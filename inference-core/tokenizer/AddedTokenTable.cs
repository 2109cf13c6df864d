namespace InferenceCore.Tokenization;

/// <summary>
/// Finds added tokens in a text, leftmost and then longest first, as Hugging Face does it before anything else happens to the text.
/// A trie over UTF-16 units: a model has up to a thousand of them (DeepSeek-V3: 818), most of which begin alike.
/// </summary>
internal sealed class AddedTokenTable
{
    private readonly Node root = new();

    public AddedTokenTable(IEnumerable<AddedToken> tokens)
    {
        foreach (var token in tokens)
        {
            if (token.Content.Length == 0)
                continue;
            var node = root;
            foreach (var c in token.Content)
                node = node.Next.TryGetValue(c, out var next) ? next : node.Next[c] = new Node();
            node.Token ??= token;
            IsEmpty = false;
        }
    }

    public bool IsEmpty { get; } = true;

    /// <summary>
    /// The first added token at or after <paramref name="from"/> that lies wholly outside the guarded ranges; null when there is none.
    /// The range includes white space that the token swallows (lstrip, rstrip).
    /// </summary>
    /// <param name="from">Also the left limit of what lstrip may swallow: everything before belongs to the token before.</param>
    /// <param name="guarded">Ranges that strangers wrote: no added token is recognised that touches one. In order.</param>
    public (AddedToken Token, Range Range)? Find(ReadOnlySpan<char> text, int from, IReadOnlyList<Range> guarded)
    {
        for (var i = from; i < text.Length; i++)
        {
            if (LongestAt(text, i) is not { } token)
                continue;
            var end = i + token.Content.Length;
            if (Touches(guarded, i, end) || (token.SingleWord && !StandsAlone(text, i, end)))
                continue;
            var start = i;
            while (token.Lstrip && start > from && char.IsWhiteSpace(text[start - 1]))
                start--;
            while (token.Rstrip && end < text.Length && char.IsWhiteSpace(text[end]))
                end++;
            return (token, start..end);
        }
        return null;
    }

    private AddedToken? LongestAt(ReadOnlySpan<char> text, int start)
    {
        AddedToken? longest = null;
        var node = root;
        for (var i = start; i < text.Length && node.Next.TryGetValue(text[i], out var next); i++)
        {
            node = next;
            longest = node.Token ?? longest;
        }
        return longest;
    }

    private static bool Touches(IReadOnlyList<Range> guarded, int start, int end)
    {
        for (var i = 0; i < guarded.Count; i++)
        {
            if (guarded[i].Start.Value < end && guarded[i].End.Value > start)
                return true;
        }
        return false;
    }

    private static bool StandsAlone(ReadOnlySpan<char> text, int start, int end) =>
        (start == 0 || !IsWordUnit(text[start - 1])) && (end == text.Length || !IsWordUnit(text[end]));

    private static bool IsWordUnit(char c) => char.IsLetterOrDigit(c) || c == '_';

    private sealed class Node
    {
        public Dictionary<char, Node> Next { get; } = [];

        public AddedToken? Token { get; set; }
    }
}
