using InferenceCore.Tokenization;

namespace InferenceCore.Scheduling;

/// <summary>
/// From tokens to what the client may see: bytes to characters, stop strings, and the log probabilities of a token released together with
/// its text. Without a tokenizer there are only tokens.
/// </summary>
/// <param name="minTokens">Stop strings are looked for behind this many tokens.</param>
internal sealed class AnswerText(TextTokenizer? tokenizer, IReadOnlyList<string> stops, bool keepSpecial, int minTokens = 0)
{
    private readonly Utf8Stream _characters = new();
    private readonly StopMatcher _stop = new(stops);
    private readonly Queue<(TokenLogprob Logprob, int TextEnd)> _waiting = [];
    private int _tokens;
    private int _decoded;
    private int _released;

    /// <summary>There is no tokenizer, and pieces are worth reporting for their tokens alone.</summary>
    public bool TokensOnly => tokenizer is null;

    public bool Stopped => _stop.Stopped;

    public string Append(int token)
    {
        _tokens++;
        if (tokenizer is null || (!keepSpecial && tokenizer.IsSpecial(token)))
            return "";
        return Release(_characters.Append(tokenizer.BytesOf(token)));
    }

    /// <summary>The rest, when the answer ends for another reason than a stop string.</summary>
    public string Flush()
    {
        var text = Release(_characters.Flush()) + _stop.Flush();
        _released = int.MaxValue;
        return text;
    }

    /// <summary>Remembers what belongs to the token appended last.</summary>
    public void Attach(TokenLogprob logprob) => _waiting.Enqueue((logprob, _decoded));

    /// <summary>The log probabilities of the tokens whose text has been released.</summary>
    public List<TokenLogprob> TakeLogprobs()
    {
        var taken = new List<TokenLogprob>();
        while (_waiting.TryPeek(out var first) && first.TextEnd <= _released)
            taken.Add(_waiting.Dequeue().Logprob);
        return taken;
    }

    private string Release(string characters)
    {
        _decoded += characters.Length;
        var text = _tokens <= minTokens ? characters : _stop.Append(characters);
        _released += text.Length;
        return text;
    }
}
