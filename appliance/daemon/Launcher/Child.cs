using System.Diagnostics;
using Appliance.Daemon.Control;

namespace Appliance.Daemon.Launcher;

/// <summary>What to start: one of the box' programs.</summary>
/// <param name="Name">As people know it: <c>twin</c>, <c>daemon</c>, <c>bmc-agent</c>, <c>inference-core</c>.</param>
internal sealed record ChildPlan(string Name, string Program, IReadOnlyList<string> Arguments);

/// <summary>
/// One supervised program: started again whenever it ends, at once at first, then with a pause that grows to a second. Owned by
/// the launcher's thread; only <see cref="HasEnded"/> may be looked at by others.
/// </summary>
internal sealed class Child : IDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    /// <summary>A life this long shows that the program works: the next pause is short again.</summary>
    private static readonly TimeSpan GoodLife = TimeSpan.FromSeconds(10);

    private readonly ChildLog _log;
    private readonly TimeProvider _time;
    private readonly Action _ended;
    private Process? _process;
    private TimeSpan _pause = FirstPause;
    private long _startedAt;
    private long _endedAt;

    public Child(ChildPlan plan, ChildLog log, TimeProvider time, Action ended)
    {
        Plan = plan;
        _log = log;
        _time = time;
        _ended = ended;
    }

    public ChildPlan Plan { get; }

    public int Restarts { get; private set; }

    public string? LastExit { get; private set; }

    public DateTimeOffset Since { get; private set; }

    public int Pid { get; private set; }

    public bool IsRunning => _process is { HasExited: false };

    public bool HasEnded => _process is { HasExited: true };

    /// <summary>Time until it may be started again; zero or less when it may be now.</summary>
    public TimeSpan UntilStart => _process is not null ? TimeSpan.MaxValue : _pause - _time.GetElapsedTime(_endedAt);

    public ChildReport Report => new(Plan.Name, Pid, IsRunning ? "running" : "restarting", Restarts, Since, LastExit);

    /// <summary>Must be called on a thread that lives as long as the launcher: the kernel ties the child's life to it.</summary>
    public void Start()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var word in (string[])[ChildShim.Word, $"{Environment.ProcessId}", Plan.Program, .. Plan.Arguments])
            start.ArgumentList.Add(word);
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.Exited += (_, _) => _ended();
        process.OutputDataReceived += (_, line) => Log(line.Data, fromError: false);
        process.ErrorDataReceived += (_, line) => Log(line.Data, fromError: true);
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            // Out of processes or memory: that may pass, and the box must be there when it has.
            process.Dispose();
            (LastExit, _endedAt, _pause) = (e.Message, _time.GetTimestamp(), LongestPause);
            return;
        }

        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        (_process, Pid, Since, _startedAt) = (process, process.Id, _time.GetUtcNow(), _time.GetTimestamp());
    }

    /// <summary>Takes note of an end and plans the next start.</summary>
    /// <returns>What happened, in a few words.</returns>
    public string Bury()
    {
        var process = _process!;
        process.WaitForExit(TimeSpan.FromMilliseconds(200)); // its last words
        LastExit = process.ExitCode > 128 ? $"signal {process.ExitCode - 128}" : $"exit code {process.ExitCode}";
        var life = _time.GetElapsedTime(_startedAt);
        _pause = life > GoodLife ? FirstPause : _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        _endedAt = _time.GetTimestamp();
        process.Dispose();
        (_process, Pid) = (null, 0);
        Restarts++;
        return $"{LastExit} after {life.TotalSeconds:0.0} s";
    }

    public void Signal(int signal)
    {
        if (IsRunning)
            _ = LauncherInterop.kill(Pid, signal);
    }

    /// <returns>True when it has ended within the time.</returns>
    public bool WaitForEnd(TimeSpan limit) => _process is null || _process.WaitForExit(limit > TimeSpan.Zero ? limit : TimeSpan.Zero);

    public void Dispose()
    {
        _process?.Dispose();
        _log.Dispose();
    }

    private void Log(string? line, bool fromError)
    {
        if (line is not null)
            _log.Add(line, fromError);
    }
}
