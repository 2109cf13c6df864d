using System.Text.Json;
using System.Text.RegularExpressions;

namespace InferenceCore.Tokenization;

/// <summary>
/// The pre-tokenizer of a tokenizer.json: a chain of isolating splits, each applied to every piece the one before left. Bytes are
/// mapped later, so that ByteLevel contributes only its regular expression, if it uses it.
/// </summary>
internal sealed class PieceSplitter
{
    /// <summary>ByteLevel's own pattern, GPT-2's.</summary>
    private const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private readonly PatternAlphabet alphabet;
    private readonly Regex[] chain;

    public PieceSplitter(TokenizerStep? preTokenizer)
    {
        var patterns = new List<string>();
        var byteLevel = false;
        foreach (var step in Flatten(preTokenizer))
        {
            byteLevel |= step.Type == "ByteLevel";
            if (PatternOf(step) is { } pattern)
                patterns.Add(pattern);
        }
        if (!byteLevel)
            throw new TokenizerException("tokenizer.json: pre_tokenizer has no ByteLevel step; supported are byte-level BPE tokenizers (DeepSeek, Qwen2, Llama 3)");

        alphabet = new PatternAlphabet(patterns);
        chain = [.. patterns.Select(p => Compile(alphabet.Rewrite(p)))];
    }

    /// <summary>Appends the pieces of <paramref name="text"/> as ranges of it, in order and without gaps.</summary>
    public void Split(ReadOnlySpan<char> text, List<Range> pieces)
    {
        if (text.IsEmpty)
            return;
        var view = ScalarView.Of(text, alphabet);
        List<(int Start, int End)> current = [(0, view.Units.Length)], next = [];
        foreach (var regex in chain)
        {
            next.Clear();
            foreach (var (start, end) in current)
                SplitOne(regex, view.Units[start..end], start, next);
            (current, next) = (next, current);
        }
        foreach (var (start, end) in current)
            pieces.Add(view.Original(start)..view.Original(end));
    }

    private static void SplitOne(Regex regex, ReadOnlySpan<char> piece, int offset, List<(int Start, int End)> into)
    {
        var done = 0;
        foreach (var match in regex.EnumerateMatches(piece))
        {
            if (match.Length == 0)
                continue;
            if (match.Index > done)
                into.Add((offset + done, offset + match.Index));
            done = match.Index + match.Length;
            into.Add((offset + match.Index, offset + done));
        }
        if (done < piece.Length)
            into.Add((offset + done, offset + piece.Length));
    }

    private static IEnumerable<TokenizerStep> Flatten(TokenizerStep? step) => step switch
    {
        null => [],
        { Type: "Sequence" } => (step.Pretokenizers ?? []).SelectMany(Flatten),
        _ => [step],
    };

    private static string? PatternOf(TokenizerStep step)
    {
        switch (step.Type)
        {
            case "Split":
                return SplitPattern(step);
            case "Digits":
                return step.IndividualDigits == true ? @"\p{N}" : @"\p{N}+";
            case "ByteLevel":
                if (step.AddPrefixSpace == true)
                    throw new TokenizerException("tokenizer.json: pre_tokenizer ByteLevel has add_prefix_space true; only false is supported");
                return step.UseRegex == false ? null : Gpt2Pattern;
            default:
                throw new TokenizerException(
                    $"tokenizer.json: pre_tokenizer '{step.Type}' is not supported; supported are Sequence, Split, Digits and ByteLevel");
        }
    }

    private static string SplitPattern(TokenizerStep step)
    {
        var behavior = step.Behavior is { ValueKind: JsonValueKind.String } b ? b.GetString() : null;
        if (behavior != "Isolated" || step.Invert == true)
            throw new TokenizerException($"tokenizer.json: Split with behavior '{behavior}', invert {step.Invert ?? false} is not supported; only Isolated, false is");
        if (step.Pattern is { ValueKind: JsonValueKind.Object } pattern)
        {
            if (pattern.TryGetProperty("Regex", out var regex))
                return regex.GetString()!;
            if (pattern.TryGetProperty("String", out var literal))
                return Regex.Escape(literal.GetString()!);
        }
        throw new TokenizerException("tokenizer.json: Split without a pattern; it needs {\"Regex\": …} or {\"String\": …}");
    }

    private static Regex Compile(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant);
        }
        catch (ArgumentException e)
        {
            throw new TokenizerException($"tokenizer.json: the pattern {pattern} is not supported: {e.Message}", e);
        }
    }
}
