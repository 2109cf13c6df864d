using System.Text;

namespace InferenceCore.Tokenization;

/// <summary>
/// Turns the bytes of one token after another into text. A character whose bytes are spread over several tokens (most emoji, many
/// Chinese characters) comes out with the token that completes it; bytes that can never become a character come out as U+FFFD.
/// </summary>
internal sealed class Utf8Stream
{
    private readonly Decoder decoder = Encoding.UTF8.GetDecoder();

    public string Append(ReadOnlySpan<byte> bytes) => Convert(bytes, flush: false);

    /// <summary>What an unfinished character becomes at the end of a generation; empty when nothing is waiting.</summary>
    public string Flush() => Convert([], flush: true);

    private string Convert(ReadOnlySpan<byte> bytes, bool flush)
    {
        // One byte gives at most one UTF-16 unit, and up to three bytes may be waiting inside the decoder.
        Span<char> chars = bytes.Length <= 250 ? stackalloc char[256] : new char[bytes.Length + 4];
        var count = decoder.GetChars(bytes, chars, flush);
        return count == 0 ? "" : new string(chars[..count]);
    }
}
