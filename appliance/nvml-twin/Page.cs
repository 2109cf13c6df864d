using System.Globalization;
using System.Text;
using Appliance.Hardware;

namespace Appliance.NvmlTwin;

/// <summary>
/// One of the twin's text files: <c>key value</c> lines between two equal marks. Read again when the last look is older than the
/// twin's own step; a write caught in the middle is read again at once.
/// </summary>
internal sealed class Page(string path)
{
    private static readonly TimeSpan _freshFor = TimeSpan.FromMilliseconds(30);

    private readonly Lock _gate = new();
    private readonly byte[] _bytes = new byte[4096];
    private readonly byte[] _seen = new byte[4096];
    private readonly Dictionary<string, long> _values = new(64, StringComparer.Ordinal);
    private SysfsFile? _file;
    private TimeSpan _readAt = TimeSpan.MinValue;
    private int _seenLength;

    /// <summary>0 where the file does not say.</summary>
    public long this[string key]
    {
        get
        {
            lock (_gate)
            {
                Refresh();
                return _values.GetValueOrDefault(key);
            }
        }
    }

    public bool IsThere
    {
        get
        {
            lock (_gate)
            {
                Refresh();
                return _values.Count > 0;
            }
        }
    }

    private void Refresh()
    {
        var now = MonotonicClock.Now;
        if (_readAt != TimeSpan.MinValue && now - _readAt <= _freshFor)
            return;
        _readAt = now;
        for (var tries = 0; tries < 5 && !Read(); tries++)
        {
            // Caught in the middle of a write: the next look sees the whole.
        }
    }

    /// <returns>False where the marks at both ends differ.</returns>
    private bool Read()
    {
        _file ??= SysfsFile.TryOpen(path, write: false, out _);
        if (_file is null || !_file.TryReadAll(_bytes, out var length).IsOk)
            return true; // no twin: what was known stays known
        var bytes = _bytes.AsSpan(0, length);
        if (bytes.SequenceEqual(_seen.AsSpan(0, _seenLength)))
            return true;
        Span<char> text = stackalloc char[length];
        Encoding.ASCII.GetChars(bytes, text);
        if (MarkOf(text, "begin ") is not { Length: > 0 } first || !text.TrimEnd('\n').EndsWith(first))
            return false;
        _values.Clear(); // a counter that is zero again is left out
        var keys = _values.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var range in ((ReadOnlySpan<char>)text).Split('\n'))
        {
            var line = text[range];
            if (line.IndexOf(' ') is > 0 and var space && long.TryParse(line[(space + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
                keys[line[..space]] = value;
        }

        bytes.CopyTo(_seen);
        _seenLength = length;
        return true;
    }

    /// <summary>The rest of the first line, from its space on: <c> 17</c> of <c>begin 17</c>.</summary>
    private static ReadOnlySpan<char> MarkOf(ReadOnlySpan<char> text, string word)
    {
        var end = text.IndexOf('\n');
        return end > word.Length && text.StartsWith(word) ? text[(word.Length - 1)..end] : default;
    }
}
