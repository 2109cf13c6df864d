using System.Globalization;
using System.Text;

namespace InferenceCore.Tokenization;

/// <summary>
/// Unicode normalization form C (UAX #15), which Qwen2's tokenizer asks for. Own code, because <c>string.Normalize</c> without ICU
/// returns its input unchanged and says nothing. Data: nfc.txt, made by make-nfc-table.py.
/// </summary>
internal sealed class Nfc
{
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int Leads = 19, Vowels = 21, Tails = 28, Syllables = Leads * Vowels * Tails;

    private readonly Dictionary<int, byte> combiningClass = [];
    private readonly Dictionary<int, (int First, int Second)> decomposition = [];
    private readonly Dictionary<(int First, int Second), int> composition = [];

    public Nfc()
    {
        using var stream = typeof(Nfc).Assembly.GetManifestResourceStream("nfc.txt")
            ?? throw new InvalidOperationException("the resource nfc.txt is missing from the program");
        using var lines = new StreamReader(stream);
        while (lines.ReadLine() is { } line)
            ReadLine(line.Split(' '));
    }

    public string Normalize(string text)
    {
        // Nothing below U+0300 decomposes into something that NFC would not put together again.
        if (text.AsSpan().IndexOfAnyInRange('\u0300', '\uFFFF') < 0)
            return text;

        var scalars = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
            Decompose(rune.Value, scalars);
        Reorder(scalars);
        var result = new StringBuilder(text.Length);
        foreach (var scalar in Compose(scalars))
            result.Append(new Rune(scalar));
        return result.ToString();
    }

    private void ReadLine(string[] fields)
    {
        if (fields[0] == "C")
            combiningClass[Hex(fields[1])] = (byte)Hex(fields[2]);
        if (fields[0] != "D")
            return;
        var excluded = fields[^1] == "x";
        var isPair = fields.Length - (excluded ? 1 : 0) == 4;
        var parts = (First: Hex(fields[2]), Second: isPair ? Hex(fields[3]) : -1);
        decomposition[Hex(fields[1])] = parts;
        if (!excluded)
            composition[parts] = Hex(fields[1]);
    }

    private static int Hex(string field) => int.Parse(field, NumberStyles.HexNumber);

    private void Decompose(int scalar, List<int> into)
    {
        if (scalar is >= HangulBase and < HangulBase + Syllables)
        {
            var s = scalar - HangulBase;
            into.Add(LeadBase + (s / (Vowels * Tails)));
            into.Add(VowelBase + (s % (Vowels * Tails) / Tails));
            if (s % Tails != 0)
                into.Add(TailBase + (s % Tails));
            return;
        }
        if (!decomposition.TryGetValue(scalar, out var parts))
        {
            into.Add(scalar);
            return;
        }
        Decompose(parts.First, into);
        if (parts.Second >= 0)
            Decompose(parts.Second, into);
    }

    /// <summary>Canonical ordering: a stable sort of every run of non-starters by combining class.</summary>
    private void Reorder(List<int> scalars)
    {
        for (var i = 1; i < scalars.Count; i++)
        {
            var c = ClassOf(scalars[i]);
            if (c == 0)
                continue;
            var moving = scalars[i];
            var j = i;
            while (j > 0 && ClassOf(scalars[j - 1]) > c)
            {
                scalars[j] = scalars[j - 1];
                j--;
            }
            scalars[j] = moving;
        }
    }

    private List<int> Compose(List<int> scalars)
    {
        var result = new List<int>(scalars.Count);
        var starter = -1;
        var lastClass = 0;
        foreach (var scalar in scalars)
        {
            var c = ClassOf(scalar);
            var blocked = starter < 0 || (starter < result.Count - 1 && (lastClass == 0 || lastClass >= c));
            if (!blocked && TryPair(result[starter], scalar, out var pair))
            {
                result[starter] = pair;
                continue;
            }
            if (c == 0)
                starter = result.Count;
            lastClass = c;
            result.Add(scalar);
        }
        return result;
    }

    private bool TryPair(int first, int second, out int pair)
    {
        if (first is >= LeadBase and < LeadBase + Leads && second is >= VowelBase and < VowelBase + Vowels)
        {
            pair = HangulBase + ((((first - LeadBase) * Vowels) + second - VowelBase) * Tails);
            return true;
        }
        if (first is >= HangulBase and < HangulBase + Syllables && (first - HangulBase) % Tails == 0
            && second is > TailBase and < TailBase + Tails)
        {
            pair = first + second - TailBase;
            return true;
        }
        return composition.TryGetValue((first, second), out pair);
    }

    private int ClassOf(int scalar) => combiningClass.GetValueOrDefault(scalar);
}
