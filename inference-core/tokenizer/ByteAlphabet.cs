using System.Text;

namespace InferenceCore.Tokenization;

/// <summary>
/// The printable stand-ins that byte-level BPE uses for the 256 byte values (GPT-2's table): printable Latin-1 bytes stand for
/// themselves, the other 68 for U+0100 upwards in order. A vocabulary writes the token " the" as "Ġthe".
/// </summary>
internal static class ByteAlphabet
{
    private const int FirstStandIn = 0x100;

    private static readonly short[] ByteOfChar = BuildByteOfChar();
    private static readonly char[] CharOfByte = BuildCharOfByte();

    /// <summary>The bytes a vocabulary entry stands for, or null when it holds a character outside the alphabet.</summary>
    public static byte[]? BytesOf(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            var b = token[i] < ByteOfChar.Length ? ByteOfChar[token[i]] : (short)-1;
            if (b < 0)
                return null;
            bytes[i] = (byte)b;
        }
        return bytes;
    }

    /// <summary>The text as a vocabulary would write its UTF-8 bytes.</summary>
    public static string Write(ReadOnlySpan<char> text)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, bytes);
        return string.Create(bytes.Length, bytes, static (chars, b) =>
        {
            for (var i = 0; i < chars.Length; i++)
                chars[i] = CharOfByte[b[i]];
        });
    }

    private static char[] BuildCharOfByte()
    {
        var table = new char[256];
        for (var c = 0; c < ByteOfChar.Length; c++)
        {
            if (ByteOfChar[c] >= 0)
                table[ByteOfChar[c]] = (char)c;
        }
        return table;
    }

    private static short[] BuildByteOfChar()
    {
        var table = new short[FirstStandIn + 256];
        Array.Fill(table, (short)-1);
        var next = FirstStandIn;
        for (var b = 0; b < 256; b++)
            table[IsPrintable(b) ? b : next++] = (short)b;
        return table;
    }

    private static bool IsPrintable(int b) => b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
}
