using System.Text.RegularExpressions;

namespace Appliance.Daemon.Launcher;

/// <summary>
/// A child's words: all of them into its own file, those that warn also to the terminal with the child's name in front, a few at
/// a time so that one program in trouble does not bury the others.
/// </summary>
internal sealed partial class ChildLog : IDisposable
{
    private const long MaxBytes = 16 * 1024 * 1024;
    private const int BurstLines = 8;

    private static readonly TimeSpan BurstPeriod = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly string _name;
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly Action<string> _tell;
    private StreamWriter _file;
    private long _burstAt;
    private int _burst;

    public ChildLog(string name, string directory, TimeProvider time, Action<string> tell)
    {
        _name = name;
        _path = Path.Combine(directory, $"{name}.log");
        _time = time;
        _tell = tell;
        _file = Open(append: true);
    }

    /// <param name="fromError">True for standard error, where only what matters should be.</param>
    public void Add(string line, bool fromError)
    {
        lock (_gate)
        {
            try
            {
                if (_file.BaseStream.Position > MaxBytes)
                    Turn();
                _file.WriteLine($"{_time.GetUtcNow().UtcDateTime:yyyy-MM-dd HH:mm:ss.fff}Z {line}");
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // A full disk must not stop the box; the terminal still hears what warns.
            }

            if ((fromError && line.Length > 0) || Warning().IsMatch(line))
                Tell(line);
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _file.Dispose();
    }

    private void Tell(string line)
    {
        var now = _time.GetTimestamp();
        if (_burst == 0 || _time.GetElapsedTime(_burstAt, now) > BurstPeriod)
            (_burstAt, _burst) = (now, 0);
        if (++_burst < BurstLines)
            _tell($"{_name}: {line}");
        else if (_burst == BurstLines)
            _tell($"{_name}: … more in {_path}");
    }

    private void Turn()
    {
        _file.Dispose();
        File.Move(_path, _path + ".1", overwrite: true);
        _file = Open(append: false);
    }

    private StreamWriter Open(bool append) =>
        new(new FileStream(_path, append ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)) { AutoFlush = true };

    /// <summary>How the logs of .NET, systemd and people mark what somebody should see.</summary>
    [GeneratedRegex(@"^(<[0-4]>|\s*(warn|fail|crit|error|warning|fatal)\b)", RegexOptions.IgnoreCase)]
    private static partial Regex Warning();
}
