using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Appliance.Bus;
using Appliance.Model;

namespace SystemTests.Bmc;

/// <summary>One real bmc-agent with a run directory and ports of its own, and clients of its bus.</summary>
internal sealed class AgentProcess : IDisposable
{
    private readonly StringBuilder _log = new();
    private readonly List<(BusSession Session, CancellationTokenSource Stop, Task Runs)> _clients = [];
    private Process? _process;

    public AgentProcess(string? configuration = null)
    {
        File.WriteAllText(ConfigFile, configuration ?? Ports.Config());
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("agent-").FullName;

    public string RunDirectory => Path.Combine(Folder, "run");

    public string ConfigFile => Path.Combine(Folder, "appliance.json");

    public Ports Ports { get; } = Ports.Free();

    public BusTopics Topics { get; } = new("box1");

    public int Pid => _process!.Id;

    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    public void Start()
    {
        var start = new ProcessStartInfo(Programs.PathOf("bmc-agent"), ["serve", "--config", ConfigFile, "--run-dir", RunDirectory])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Collect;
        _process.ErrorDataReceived += Collect;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        WaitUntil("the panel answers", 15, () => Get("/api/snapshot").ValueKind == JsonValueKind.Object);
    }

    public void Kill()
    {
        _ = ProcessInterop.kill(Pid, ProcessInterop.SIGKILL);
        _process!.WaitForExit();
    }

    public int Stop()
    {
        _ = ProcessInterop.kill(Pid, ProcessInterop.SIGTERM);
        return _process!.WaitForExit(TimeSpan.FromSeconds(5)) ? _process.ExitCode : throw new TimeoutException($"SIGTERM was not obeyed.\n{Log}");
    }

    public JsonElement Get(string path)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        return JsonDocument.Parse(client.GetStringAsync($"http://127.0.0.1:{Ports.Panel}{path}").GetAwaiter().GetResult()).RootElement;
    }

    /// <summary>A client of the bus; <paramref name="prepare"/> subscribes and attaches before it connects.</summary>
    public BusSession Client(string id, Action<BusSession>? prepare = null, BusWill? will = null)
    {
        var session = new BusSession(new BusSessionOptions { Port = Ports.Mqtt, ClientId = id, Will = will }, TimeProvider.System);
        prepare?.Invoke(session);
        var stop = new CancellationTokenSource();
        _clients.Add((session, stop, session.RunAsync(stop.Token)));
        return session;
    }

    public void WaitUntil(string what, double seconds, Func<bool> condition) => Wait.Until(what, TimeSpan.FromSeconds(seconds), condition, () => Log);

    public void Dispose()
    {
        foreach (var (session, stop, runs) in _clients)
        {
            stop.Cancel();
            runs.GetAwaiter().GetResult();
            session.Dispose();
            stop.Dispose();
        }

        if (_process is { HasExited: false })
            Kill();
        _process?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private void Collect(object sender, DataReceivedEventArgs line)
    {
        lock (_log)
            _log.AppendLine(line.Data);
    }
}
