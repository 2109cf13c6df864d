using System.Text;
using System.Text.Json;
using Microsoft.ML.Tokenizers;

namespace InferenceCore.Tokenization;

/// <summary>
/// A byte-level BPE tokenizer read from tokenizer.json. The merges are Microsoft.ML.Tokenizers'; what that library leaves wrong or
/// out is ours: added tokens are split off first, pieces are cut by scalars, and bytes are decoded one token at a time.
/// Safe for use by several threads.
/// </summary>
internal sealed class TextTokenizer
{
    /// <summary>
    /// Units of UTF-16 that are merged at once. The library's time grows with the square of a piece (a million times 'a': one minute),
    /// so a longer one is cut; its tokens then may differ from Hugging Face's at the cut, their text does not.
    /// </summary>
    private const int LongestPiece = 4096;

    private readonly BpeTokenizer merger;
    private readonly Dictionary<string, int> vocabulary;
    private readonly bool ignoreMerges;
    private readonly PieceSplitter splitter;
    private readonly AddedTokenTable rawAdded;
    private readonly AddedTokenTable normalizedAdded;
    private readonly Nfc? nfc;
    private readonly string?[] textOfId;
    private readonly Dictionary<int, AddedToken> addedById = [];
    private readonly Dictionary<string, AddedToken> addedByContent = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<int> prefix;

    private TextTokenizer(TokenizerFile file, TokenizerConfig config)
    {
        var model = CheckedModel(file.Model);
        vocabulary = model.Vocab!;
        ignoreMerges = model.IgnoreMerges == true;
        merger = BpeTokenizer.Create(new BpeOptions(vocabulary) { Merges = model.Merges, ByteLevel = true });
        splitter = new PieceSplitter(file.PreTokenizer);
        nfc = NeedsNfc(file.Normalizer) ? new Nfc() : null;
        rawAdded = new AddedTokenTable(file.AddedTokens.Where(t => !t.Normalized || nfc is null));
        normalizedAdded = new AddedTokenTable(file.AddedTokens.Where(t => t.Normalized && nfc is not null));

        var last = Math.Max(vocabulary.Values.DefaultIfEmpty(-1).Max(), file.AddedTokens.Select(t => t.Id).DefaultIfEmpty(-1).Max());
        textOfId = new string?[last + 1];
        foreach (var (token, id) in vocabulary)
            textOfId[id] = token;
        foreach (var token in file.AddedTokens)
        {
            addedById[token.Id] = token;
            addedByContent[token.Content] = token;
            textOfId[token.Id] = token.Content;
        }
        LongestToken = textOfId.Max(token => token?.Length ?? 0);
        Config = config;
        prefix = PrefixOf(file.PostProcessor, config);
    }

    public TokenizerConfig Config { get; }

    /// <summary>One more than the highest id.</summary>
    public int Size => textOfId.Length;

    /// <summary>Bytes of the longest token, and so at least the characters that any token stands for.</summary>
    public int LongestToken { get; }

    /// <summary>The highest id that the file names.</summary>
    public int HighestUsedId => textOfId.Length - 1;

    /// <summary>Reads <c>tokenizer.json</c> and <c>tokenizer_config.json</c>; null when the directory has no tokenizer.json.</summary>
    public static TextTokenizer? Load(string modelDirectory)
    {
        var path = Path.Combine(modelDirectory, "tokenizer.json");
        if (!File.Exists(path))
            return null;
        try
        {
            using var stream = File.OpenRead(path);
            var file = JsonSerializer.Deserialize(stream, TokenizerJson.Default.TokenizerFile)
                ?? throw new TokenizerException($"{path}: holds null; a tokenizer is an object");
            return new TextTokenizer(file, TokenizerConfig.Load(modelDirectory));
        }
        catch (JsonException e)
        {
            throw new TokenizerException($"{path}: line {e.LineNumber + 1}: not a tokenizer: {e.Message}", e);
        }
    }

    /// <summary>The ids of <paramref name="text"/>.</summary>
    /// <param name="addSpecial">Put before it what the model expects there, usually the begin-of-text token.</param>
    /// <param name="guarded">Ranges of the text in which added tokens stand for themselves: what a user writes never becomes a
    /// control token.</param>
    public List<int> Encode(string text, bool addSpecial, IReadOnlyList<Range>? guarded = null)
    {
        var ids = new List<int>((text.Length / 3) + 4);
        if (addSpecial)
            ids.AddRange(prefix);
        var from = 0;
        foreach (var (token, start, end) in Added(rawAdded, text, guarded ?? []))
        {
            EncodeNormalized(text[from..start], guarded, ids);
            ids.Add(token.Id);
            from = end;
        }
        EncodeNormalized(from == 0 ? text : text[from..], guarded, ids);
        return ids;
    }

    /// <summary>The id of an added token or vocabulary entry as the file spells it; null when there is none.</summary>
    public int? IdOf(string token) =>
        addedByContent.TryGetValue(token, out var added) ? added.Id : vocabulary.TryGetValue(token, out var id) ? id : null;

    /// <summary>True for added tokens that steer the model and are left out of answers.</summary>
    public bool IsSpecial(int id) => addedById.TryGetValue(id, out var token) && token.Special;

    /// <summary>The bytes one token stands for; empty for an id that the file does not name.</summary>
    public byte[] BytesOf(int id)
    {
        if (id < 0 || id >= textOfId.Length || textOfId[id] is not { } token)
            return [];
        return addedById.ContainsKey(id) ? Encoding.UTF8.GetBytes(token) : ByteAlphabet.BytesOf(token) ?? Encoding.UTF8.GetBytes(token);
    }

    /// <summary>The text of <paramref name="ids"/>, special tokens included unless <paramref name="skipSpecial"/>.</summary>
    public string Decode(IEnumerable<int> ids, bool skipSpecial = false)
    {
        using var bytes = new MemoryStream();
        foreach (var id in ids)
        {
            if (!skipSpecial || !IsSpecial(id))
                bytes.Write(BytesOf(id));
        }
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    private void EncodeNormalized(string text, IReadOnlyList<Range>? guarded, List<int> ids)
    {
        if (text.Length == 0)
            return;
        if (nfc is null)
        {
            EncodePieces(text, ids);
            return;
        }
        text = nfc.Normalize(text);
        var from = 0;
        // Positions have moved, so guarded ranges no longer apply; a text with any is guarded as a whole.
        foreach (var (token, start, end) in guarded is { Count: > 0 } ? [] : Added(normalizedAdded, text, []))
        {
            EncodePieces(text[from..start], ids);
            ids.Add(token.Id);
            from = end;
        }
        EncodePieces(text[from..], ids);
    }

    private void EncodePieces(string text, List<int> ids)
    {
        var pieces = new List<Range>();
        splitter.Split(text, pieces);
        foreach (var range in pieces)
        {
            var piece = text.AsSpan(range);
            if (ignoreMerges && WholeEntry(piece) is { } id)
            {
                ids.Add(id);
                continue;
            }
            while (piece.Length > LongestPiece)
            {
                var cut = char.IsLowSurrogate(piece[LongestPiece]) ? LongestPiece - 1 : LongestPiece;
                Merge(piece[..cut], ids);
                piece = piece[cut..];
            }
            Merge(piece, ids);
        }
    }

    private void Merge(ReadOnlySpan<char> piece, List<int> ids) =>
        ids.AddRange(merger.EncodeToIds(piece, considerPreTokenization: false, considerNormalization: false));

    private int? WholeEntry(ReadOnlySpan<char> piece) =>
        vocabulary.TryGetValue(ByteAlphabet.Write(piece), out var id) ? id : null;

    private static IEnumerable<(AddedToken Token, int Start, int End)> Added(AddedTokenTable table, string text, IReadOnlyList<Range> guarded)
    {
        for (var from = 0; !table.IsEmpty && table.Find(text, from, guarded) is { } found;)
        {
            from = found.Range.End.Value;
            yield return (found.Token, found.Range.Start.Value, from);
        }
    }

    private static BpeModel CheckedModel(BpeModel? model)
    {
        if (model is not { Vocab: not null, Merges: not null } || model.Type is not (null or "BPE"))
            throw new TokenizerException($"tokenizer.json: model type '{model?.Type}' is not supported; supported is BPE with vocab and merges");
        if (model.ByteFallback == true)
            throw new TokenizerException("tokenizer.json: model has byte_fallback true (SentencePiece style); supported is byte-level BPE");
        if (!string.IsNullOrEmpty(model.ContinuingSubwordPrefix) || !string.IsNullOrEmpty(model.EndOfWordSuffix))
            throw new TokenizerException("tokenizer.json: continuing_subword_prefix and end_of_word_suffix are not supported; supported is byte-level BPE");
        if (model.Vocab.Values.Any(id => id is < 0 or > 4_000_000))
            throw new TokenizerException("tokenizer.json: model.vocab has an id outside 0..4000000");
        return model;
    }

    private static bool NeedsNfc(TokenizerStep? normalizer) => normalizer switch
    {
        null => false,
        { Type: "NFC" } => true,
        { Type: "Sequence" } => (normalizer.Normalizers ?? []).Select(NeedsNfc).ToArray().Contains(true),
        _ => throw new TokenizerException($"tokenizer.json: normalizer '{normalizer.Type}' is not supported; supported are none and NFC"),
    };

    /// <summary>
    /// What comes before a text: the leading special tokens of a TemplateProcessing, or the begin-of-text token where
    /// tokenizer_config.json says so (transformers builds that template at load time, so that tokenizer.json does not have it).
    /// </summary>
    private List<int> PrefixOf(TokenizerStep? processor, TokenizerConfig config)
    {
        var steps = processor is { Type: "Sequence" } ? processor.Processors ?? [] : processor is null ? [] : [processor];
        var ids = new List<int>();
        foreach (var item in steps.FirstOrDefault(s => s.Type == "TemplateProcessing")?.Single ?? [])
        {
            if (!item.TryGetProperty("SpecialToken", out var special))
                break;
            if (special.TryGetProperty("id", out var name) && IdOf(name.GetString()!) is { } id)
                ids.Add(id);
        }
        if (ids.Count == 0 && config.AddBosToken == true && config.BosToken is { } bos && IdOf(bos) is { } bosId)
            ids.Add(bosId);
        return ids;
    }
}
