using System.Text;

namespace Appliance.Daemon.Bundle;

/// <summary>The newest events out of record files (<c>xxxxxxxx E {json}</c> a line), one JSON object a line, oldest first; needs nobody who has them open.</summary>
internal static class RecordTail
{
    private const int Lead = 9; // checksum and blank

    /// <exception cref="BundleGapException">There is no such folder, or no file in it.</exception>
    public static string Of(string folder, int maxBytes)
    {
        if (!Directory.Exists(folder))
            throw new BundleGapException($"{folder} is not there");
        var parts = new Stack<string>();
        var left = maxBytes;
        foreach (var file in Directory.EnumerateFiles(folder).OrderByDescending(f => f, StringComparer.Ordinal))
        {
            if (left <= 0)
                break;
            var text = FileTail.Read(file, left);
            left -= Encoding.UTF8.GetByteCount(text);
            parts.Push(text);
        }

        if (parts.Count == 0)
            throw new BundleGapException($"{folder} holds no file");
        var events = new StringBuilder();
        foreach (var line in parts.SelectMany(p => p.Split('\n')))
        {
            if (line.Length > Lead + 2 && line.AsSpan(Lead).StartsWith("E ", StringComparison.Ordinal))
                events.Append(line.AsSpan(Lead + 2)).Append('\n');
        }

        return events.ToString();
    }
}
