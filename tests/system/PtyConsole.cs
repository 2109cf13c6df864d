using System.Diagnostics;
using System.Text;
using FastTests.Terminal;

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
    private readonly Vt100 _terminal = new(Width, Height, rune => rune.Value < ' ' ? 0 : rune.Value >= 0x2E80 ? 2 : 1);

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
        _script = Process.Start(start)!;
        new Thread(Read) { IsBackground = true }.Start();
    }

    public string Screen
    {
        get
        {
            lock (_lock)
                return _terminal.Plain();
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
            lock (_lock)
                _terminal.Feed((char)c);
        }
    }
}
