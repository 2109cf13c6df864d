using System.Diagnostics;
using System.Text;

namespace SystemTests;

/// <summary>
/// <c>appliance console</c> on a terminal of its own, made by script(1) of util-linux: keys go in, and what a VT100 of 80 by 24 would show comes out.
/// </summary>
internal sealed class PtyConsole : IDisposable
{
    private const int Width = 80;
    private const int Height = 24;

    private readonly Process _script;
    private readonly Lock _lock = new();
    private readonly string[,] _cells = new string[Height, Width];
    private (int Row, int Column) _at;

    /// <param name="home">Where this person's language is kept.</param>
    public PtyConsole(string runDirectory, string home, string arguments = "")
    {
        var start = new ProcessStartInfo("script", ["--quiet", "--flush", "--return", "--command", $"stty cols {Width} rows {Height}; exec '{Programs.PathOf("appliance")}' console --run-dir '{runDirectory}' {arguments}", "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        foreach (var name in (string[])["LC_ALL", "LC_MESSAGES", "LANG"])
            start.Environment.Remove(name);
        start.Environment["HOME"] = home;
        start.Environment["TERM"] = "vt100";
        Clear();
        _script = Process.Start(start)!;
        new Thread(Read) { IsBackground = true }.Start();
    }

    public string Screen
    {
        get
        {
            lock (_lock)
            {
                var text = new StringBuilder();
                for (var row = 0; row < Height; row++)
                {
                    for (var column = 0; column < Width; column++)
                        text.Append(_cells[row, column]);
                    text.Append('\n');
                }

                return text.ToString();
            }
        }
    }

    public void Press(string keys)
    {
        _script.StandardInput.Write(keys);
        _script.StandardInput.Flush();
    }

    public void WaitFor(string text, TimeSpan? limit = null) => Wait.Until($"\"{text}\" on the screen", limit ?? TimeSpan.FromSeconds(15), () => Screen.Contains(text, StringComparison.Ordinal), () => Screen);

    /// <returns>The console's exit code.</returns>
    public int WaitForEnd()
    {
        Assert.True(_script.WaitForExit(TimeSpan.FromSeconds(10)), "the console did not end");
        return _script.ExitCode;
    }

    /// <summary>The line is cut: whoever sat there is gone.</summary>
    public void HangUp() => _script.Kill();

    public void Dispose()
    {
        if (!_script.HasExited)
            _script.Kill(entireProcessTree: true);
        _script.Dispose();
    }

    private void Read()
    {
        var reader = _script.StandardOutput;
        for (int c; (c = reader.Read()) >= 0;)
        {
            if (c == '\x1b')
                Escape(reader);
            else if (c >= ' ')
                Put((char)c);
        }
    }

    private void Escape(StreamReader reader)
    {
        if (reader.Read() != '[')
            return;
        var arguments = new StringBuilder();
        int c;
        while ((c = reader.Read()) >= 0 && !char.IsAsciiLetter((char)c))
            arguments.Append((char)c);
        lock (_lock)
            Do(arguments.ToString(), c);
    }

    private void Do(string arguments, int what)
    {
        switch (what)
        {
            case 'H':
                var place = arguments.Length == 0 ? [1, 1] : arguments.Split(';').Select(int.Parse).ToArray();
                _at = (place[0] - 1, place[1] - 1);
                break;
            case 'J':
                Clear();
                break;
            case 'K':
                for (var column = _at.Column; column < Width; column++)
                    _cells[_at.Row, column] = " ";
                break;
        }
    }

    private void Put(char c)
    {
        lock (_lock)
        {
            if (_at.Row >= Height || _at.Column >= Width)
                return;
            var isWide = c >= 0x2E80;
            _cells[_at.Row, _at.Column] = c.ToString();
            if (isWide && _at.Column + 1 < Width)
                _cells[_at.Row, _at.Column + 1] = "";
            _at.Column += isWide ? 2 : 1;
        }
    }

    private void Clear()
    {
        for (var row = 0; row < Height; row++)
        {
            for (var column = 0; column < Width; column++)
                _cells[row, column] = " ";
        }
    }
}
