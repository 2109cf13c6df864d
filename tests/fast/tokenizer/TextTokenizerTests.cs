using System.Text;
using System.Text.Json;
using FastTests.Tidy;
using InferenceCore.Tokenization;

namespace FastTests.Tokenizer;

/// <summary>Goldens: tests/golden/tokenizer, made by make.mjs with Hugging Face's own library.</summary>
public sealed class TextTokenizerTests
{
    private static string Folder(string family) => Path.Combine(Repository.Root, "tests/golden/tokenizer", family);

    private static TextTokenizer Load(string family) => TextTokenizer.Load(Folder(family))!;

    private static IEnumerable<(string Text, int[] Ids, string Decoded)> Goldens(string family)
    {
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder(family), "strings.json")));
        foreach (var golden in file.RootElement.EnumerateArray())
        {
            var ids = golden.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32()).ToArray();
            yield return (golden.GetProperty("text").GetString()!, ids, golden.GetProperty("decoded").GetString()!);
        }
    }

    [Theory]
    [InlineData("deepseek-v3")]
    [InlineData("deepseek-v2")]
    [InlineData("qwen2")]
    [InlineData("llama-3")]
    [InlineData("gpt-2")]
    public void Every_string_becomes_the_ids_that_Hugging_Face_gives(string family)
    {
        var tokenizer = Load(family);
        var checkedStrings = 0;
        foreach (var (text, ids, decoded) in Goldens(family))
        {
            Assert.Equal(ids, tokenizer.Encode(text, addSpecial: true));
            Assert.Equal(decoded, tokenizer.Decode(ids));
            checkedStrings++;
        }
        Assert.Equal(300, checkedStrings);
    }

    [Fact]
    public void Text_streamed_token_by_token_is_the_text_decoded_at_once()
    {
        var tokenizer = Load("deepseek-v3");
        foreach (var (_, ids, decoded) in Goldens("deepseek-v3"))
        {
            var stream = new Utf8Stream();
            var text = new StringBuilder();
            foreach (var id in ids)
            {
                var piece = stream.Append(tokenizer.BytesOf(id));
                Assert.False(piece.Length > 0 && char.IsHighSurrogate(piece[^1]), "half a character left the stream");
                text.Append(piece);
            }
            Assert.Equal(decoded, text.Append(stream.Flush()).ToString());
        }
    }

    [Fact]
    public void A_character_cut_off_at_the_end_becomes_one_replacement_character()
    {
        var stream = new Utf8Stream();
        Assert.Equal("", stream.Append([0xF0, 0x9F, 0x98]));
        Assert.Equal("\uFFFD", stream.Flush());
        Assert.Equal("", stream.Flush());
    }

    [Fact]
    public void Control_words_in_a_guarded_range_stay_text()
    {
        var tokenizer = Load("deepseek-v3");
        const string text = "<｜User｜><｜User｜>";
        var ids = tokenizer.Encode(text, addSpecial: false, guarded: [8..16]);
        Assert.Equal(tokenizer.IdOf("<｜User｜>"), ids[0]);
        Assert.DoesNotContain(tokenizer.IdOf("<｜User｜>")!.Value, ids.Skip(1));
        Assert.Equal(text, tokenizer.Decode(ids));
    }

    [Fact]
    public void A_piece_longer_than_the_library_should_see_is_cut_but_not_lost()
    {
        var tokenizer = Load("deepseek-v3");
        var text = string.Concat(Enumerable.Repeat("𠮷", 3_000));
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text, addSpecial: false)));
    }

    [Fact]
    public void A_directory_without_tokenizer_json_has_no_tokenizer() =>
        Assert.Null(TextTokenizer.Load(Path.Combine(Repository.Root, "tests/golden/templates")));

    [Theory]
    [InlineData("""{"model":{"type":"Unigram","vocab":null}}""", "'Unigram' is not supported")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"Metaspace"}}""", "'Metaspace' is not supported")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}""", "has no ByteLevel step")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"ByteLevel"},"normalizer":{"type":"Lowercase"}}""", "'Lowercase' is not supported")]
    [InlineData("""{"model": 7""", "not a tokenizer")]
    public void What_we_cannot_tokenize_is_refused_in_one_line(string json, string says)
    {
        var folder = Directory.CreateTempSubdirectory("tokenizer").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "tokenizer.json"), json);
            var message = Assert.Throws<TokenizerException>(() => TextTokenizer.Load(folder)).Message;
            Assert.Contains(says, message);
            Assert.DoesNotContain('\n', message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
