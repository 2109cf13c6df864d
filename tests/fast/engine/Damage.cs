namespace FastTests.Engine;

/// <summary>Damages bytes as disks, editors and attackers do.</summary>
internal static class Damage
{
    private static readonly string[] Tokens =
        ["null", "-1", "1e400", "99999999999999999999", "\"\\ud800\"", "{}", "[]", "true", "0", "\"x\"", "NaN", "1.5", "[[[[", "2147483648"];

    public static byte[] Of(byte[] original, Random random)
    {
        var bytes = original.ToList();
        for (var edits = 1 + random.Next(3); edits > 0 && bytes.Count > 0; edits--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 40), bytes.Count - at)));
                    break;
                case 4:
                    bytes[at] = (byte)random.Next(256);
                    break;
                default:
                    ReplaceAValue(bytes, at, random);
                    break;
            }
        }

        return [.. bytes];
    }

    // The value after the next colon becomes something else that is JSON, or nearly.
    private static void ReplaceAValue(List<byte> bytes, int from, Random random)
    {
        var colon = bytes.IndexOf((byte)':', from);
        if (colon < 0)
            return;
        var end = bytes.FindIndex(colon, b => b is (byte)',' or (byte)'}' or (byte)'\n');
        if (end < 0)
            return;
        bytes.RemoveRange(colon + 1, end - colon - 1);
        bytes.InsertRange(colon + 1, System.Text.Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)]));
    }
}
