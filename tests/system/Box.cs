using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace SystemTests;

/// <summary>
/// A whole box on its twin: the real launcher and its real children, on ports and in a run directory of its own.
/// Everything it started is gone when it is disposed.
/// </summary>
internal sealed class Box : IDisposable
{
    private readonly StringBuilder _log = new();

    private Box(string folder, Ports ports, Process launcher)
    {
        Folder = folder;
        Ports = ports;
        Launcher = launcher;
    }

    public string Folder { get; }

    public string RunDirectory => Path.Combine(Folder, "run");

    public string ConfigFile => Path.Combine(Folder, "appliance.json");

    public Ports Ports { get; }

    public Process Launcher { get; }

    public HttpClient Panel => new() { BaseAddress = new Uri($"http://127.0.0.1:{Ports.Panel}"), Timeout = TimeSpan.FromSeconds(20) };

    public HttpClient Api => new() { BaseAddress = new Uri($"http://127.0.0.1:{Ports.Api}"), Timeout = TimeSpan.FromSeconds(60) };

    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    /// <summary>Starts a box; <paramref name="config"/> is merged over ports that nobody uses.</summary>
    public static Box Start(string? config = null)
    {
        var folder = Directory.CreateTempSubdirectory("box-").FullName;
        var ports = Ports.Free();
        File.WriteAllText(Path.Combine(folder, "appliance.json"), config ?? ports.Config());

        // Whoever runs the tests in the background of a script has them ignore SIGINT, and the box would inherit that: here it is as on a terminal.
        var start = new ProcessStartInfo("env",
            ["--default-signal=INT", Programs.PathOf("appliance"), "run", "--simulated", "--run-dir", Path.Combine(folder, "run"), "--config", Path.Combine(folder, "appliance.json")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        var box = new Box(folder, ports, Process.Start(start)!);
        box.Launcher.OutputDataReceived += box.Collect;
        box.Launcher.ErrorDataReceived += box.Collect;
        box.Launcher.BeginOutputReadLine();
        box.Launcher.BeginErrorReadLine();
        return box;
    }

    public static Box StartReady()
    {
        var box = Start();
        try
        {
            box.WaitUntil("the daemon answers", TimeSpan.FromSeconds(20), () => box.Cli("status", "--json").ExitCode is 0 or 1 or 2);
            return box;
        }
        catch
        {
            box.Dispose();
            throw;
        }
    }

    /// <summary><c>appliance ARGUMENTS --run-dir …</c> on this box.</summary>
    public Outcome Cli(params string[] arguments) => Programs.Run("appliance", [.. arguments, "--run-dir", RunDirectory]);

    public JsonElement CliJson(params string[] arguments)
    {
        var outcome = Cli([.. arguments, "--json"]);
        return JsonDocument.Parse(outcome.Output).RootElement;
    }

    /// <summary>Process ids of this box' children by the verb they were started with: twin, daemon, its probe, bmc-agent, inference-core.</summary>
    public Dictionary<string, int> Children()
    {
        var children = new Dictionary<string, int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(d => int.TryParse(Path.GetFileName(d), out _)))
        {
            try
            {
                var words = File.ReadAllText(Path.Combine(folder, "cmdline")).Split('\0');
                if (!words.Contains(RunDirectory) || words.Contains("run") || words.Length < 2)
                    continue;
                var program = Path.GetFileName(words[0]);
                children[program switch { "appliance" => words[1], "appliance-probe" => "probe", _ => program }] = int.Parse(Path.GetFileName(folder));
            }
            catch (IOException)
            {
                // The process ended while we looked.
            }
        }
        return children;
    }

    public static void Signal(int pid, int signal)
    {
        if (ProcessInterop.kill(pid, signal) != 0)
            throw new InvalidOperationException($"kill({pid}, {signal}): errno {Marshal.GetLastPInvokeError()}");
    }

    public void WaitUntil(string what, TimeSpan limit, Func<bool> condition) => Wait.Until(what, limit, condition, () => Log);

    public void Dispose()
    {
        if (!Launcher.HasExited)
        {
            _ = ProcessInterop.kill(Launcher.Id, ProcessInterop.SIGTERM);
            if (!Launcher.WaitForExit(TimeSpan.FromSeconds(8)))
                Launcher.Kill(entireProcessTree: true);
        }
        Launcher.Dispose();
        foreach (var pid in Children().Values)
            _ = ProcessInterop.kill(pid, ProcessInterop.SIGKILL);
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (IOException)
        {
            // A child that was just killed may still hold a file; the system's temporary folder is cleaned anyway.
        }
    }

    private void Collect(object sender, DataReceivedEventArgs line)
    {
        lock (_log)
            _log.AppendLine(line.Data);
    }
}

/// <summary>Ports that were free a moment ago.</summary>
internal sealed record Ports(int Mqtt, int Panel, int Api, int Metrics)
{
    public static Ports Free()
    {
        using var a = Listen();
        using var b = Listen();
        using var c = Listen();
        using var d = Listen();
        return new Ports(Port(a), Port(b), Port(c), Port(d));
    }

    public string Config() => $$"""
        {
          "bus": { "port": {{Mqtt}} },
          "daemon": { "metrics_port": {{Metrics}} },
          "bmc_agent": { "port": {{Panel}} },
          "inference_core": { "port": {{Api}} }
        }
        """;

    private static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    private static int Port(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;
}
