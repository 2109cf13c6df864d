using System.Diagnostics;
using Appliance.Daemon.Cli;
using Appliance.Daemon.Config;
using Appliance.Daemon.Control;
using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Daemon.Launcher;

/// <summary>
/// <c>appliance run --simulated</c>: the whole box in one terminal. Starts the twin and the three processes, starts again what dies,
/// does for a dead daemon what systemd's ExecStopPost= would, and leaves nothing behind. Runs on the main thread from beginning
/// to end, because the kernel ties the children's lives to the thread that started them.
/// </summary>
internal sealed class BoxLauncher : IDisposable
{
    private static readonly TimeSpan SafeLimit = TimeSpan.FromSeconds(3);

    private readonly BoxConfig _config;
    private readonly RunPaths _paths;
    private readonly TimeProvider _time;
    private readonly Output _output;
    private readonly AutoResetEvent _wake = new(initialState: true);
    private readonly List<Child> _children = [];
    private readonly string _safeProgram;
    private readonly DateTimeOffset _since;

    private BoxLauncher(LoadedConfig loaded, string? configFile, RunPaths paths, TimeProvider time, Output output)
    {
        _config = loaded.Config;
        _paths = paths;
        _time = time;
        _output = output;
        _since = time.GetUtcNow();
        _safeProgram = Programs.PathOf("appliance-safe");
        var logs = Path.Combine(paths.Sockets, "log");
        Directory.CreateDirectory(logs);
        foreach (var plan in Plans(loaded, configFile, paths))
            _children.Add(new(plan, new(plan.Name, logs, time, output.Line), time, () => _wake.Set()));
    }

    public static int Run(string? configFile, RunPaths paths, TimeProvider time, Output output)
    {
        using var role = RunLock.TryTake(paths.Sockets, "run", out var refusal,
            held: pid => $"process {pid} runs the box of {paths.Sockets} already; stop it, or give another --run-dir (and other ports by --config).");
        if (role is null)
            return output.Fail(ExitCode.Failed, refusal);
        var loaded = ConfigStore.Load(configFile, paths, keep: false);
        if (Programs.Missing is { } missing)
            return output.Fail(ExitCode.Failed, missing);
        if (PortCheck.FirstTaken(loaded.Config) is { } taken)
            return output.Fail(ExitCode.Failed, taken);
        if (loaded.Fault is { } fault)
            output.Line($"{fault} The last good configuration is in force.");
        using var launcher = new BoxLauncher(loaded, configFile, paths, time, output);
        using var stop = new StopSignal();
        return launcher.Supervise(stop.Token);
    }

    public void Dispose()
    {
        foreach (var child in _children)
            child.Dispose();
        _wake.Dispose();
    }

    /// <summary>The daemon reads what the person gave, so that it can raise the alarm; the others take what is in force.</summary>
    private static IEnumerable<ChildPlan> Plans(LoadedConfig loaded, string? configFile, RunPaths paths)
    {
        string[] where = ["--run-dir", paths.Sockets];
        string[] inForce = loaded.Source == "defaults" ? where : [.. where, "--config", loaded.Source];
        string[] given = configFile is null ? where : [.. where, "--config", Path.GetFullPath(configFile)];
        yield return new("twin", Programs.PathOf("appliance"), ["twin", .. inForce]);
        yield return new("daemon", Programs.PathOf("appliance"), ["daemon", "--simulated", .. given]);
        yield return new("bmc-agent", Programs.PathOf("bmc-agent"), ["serve", .. inForce]);
        yield return new("inference-core", Programs.PathOf("inference-core"), ["serve", .. inForce]);
    }

    private int Supervise(CancellationToken stop)
    {
        using var registration = stop.Register(() => _wake.Set());
        var readiness = new Readiness(_config, _paths, _time, _output);
        readiness.Begin();
        StartAll(stop);
        while (!stop.IsCancellationRequested)
        {
            var pause = TimeSpan.FromMilliseconds(readiness.IsDone ? 1000 : 50);
            foreach (var child in _children)
            {
                if (child.HasEnded)
                    Bury(child);
                var wait = child.UntilStart;
                if (wait <= TimeSpan.Zero)
                    Start(child);
                else if (wait < pause)
                    pause = wait;
            }

            readiness.Look(_children);
            _wake.WaitOne(pause);
        }

        return Stop();
    }

    /// <summary>The twin first: the daemon must find its chips where a box has them from the moment of power-on.</summary>
    private void StartAll(CancellationToken stop)
    {
        var twin = _children[0];
        Start(twin);
        var began = _time.GetTimestamp();
        while (!File.Exists(_paths.TwinSocket) && twin.IsRunning && !stop.IsCancellationRequested && _time.GetElapsedTime(began) < TimeSpan.FromSeconds(3))
            _wake.WaitOne(TimeSpan.FromMilliseconds(5));
        foreach (var child in _children.Skip(1))
            Start(child);
    }

    private void Start(Child child)
    {
        child.Start();
        Tell();
    }

    private void Bury(Child child)
    {
        var how = child.Bury();
        if (child.Plan.Name == "daemon")
            MakeSafe();
        _output.Line(_output.Screen.Warn($"{child.Plan.Name} ended ({how}); starting it again{(child.Restarts > 1 ? $", restart {child.Restarts}" : "")}"));
        Tell();
    }

    /// <summary>What ExecStopPost= does on a box: fans and pumps to full by a program that needs nothing of the daemon's.</summary>
    private void MakeSafe()
    {
        try
        {
            using var safe = Process.Start(new ProcessStartInfo(_safeProgram, ["--run-dir", _paths.Sockets]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            if (!safe.WaitForExit(SafeLimit))
                safe.Kill();
            else if (safe.ExitCode != 0)
                _output.Line(_output.Screen.Bad($"appliance-safe: {safe.StandardOutput.ReadToEnd().Trim()} {safe.StandardError.ReadToEnd().Trim()}"));
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            _output.Line(_output.Screen.Bad($"appliance-safe could not be run: {e.Message}"));
        }
    }

    private void Tell()
    {
        try
        {
            ProcessFile.Write(_paths, new(Environment.ProcessId, _since, [.. _children.Select(c => c.Report)]));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Only `status` misses it.
        }
    }

    /// <summary>Who talks over the bus first, then the bus, the hardware last; whoever is too slow is killed. Within five seconds in all.</summary>
    private int Stop()
    {
        _output.Line("");
        _output.Line("stopping");
        var began = _time.GetTimestamp();
        foreach (var (names, until) in new (string[], double)[] { (["daemon", "inference-core"], 2.0), (["bmc-agent"], 3.2), (["twin"], 4.2) })
        {
            var group = _children.Where(c => names.Contains(c.Plan.Name)).ToArray();
            foreach (var child in group)
                child.Signal(LauncherInterop.SIGTERM);
            foreach (var child in group)
            {
                if (child.WaitForEnd(TimeSpan.FromSeconds(until) - _time.GetElapsedTime(began)))
                    continue;
                _output.Line(_output.Screen.Warn($"{child.Plan.Name} did not stop in time and was killed"));
                child.Signal(LauncherInterop.SIGKILL);
                child.WaitForEnd(TimeSpan.FromMilliseconds(300));
            }
        }

        foreach (var left in (string[])[_paths.ControlSocket, _paths.TwinSocket, _paths.InferenceSocket, _paths.WorkerSocket, ProcessFile.PathIn(_paths)])
            File.Delete(left);
        _output.Line($"stopped; what was kept is in {_paths.Sockets}");
        return ExitCode.Done;
    }
}
