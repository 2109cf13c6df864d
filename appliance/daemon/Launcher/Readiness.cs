using System.Net;
using System.Net.Sockets;
using System.Text;
using Appliance.Daemon.Cli;
using Appliance.Model;

namespace Appliance.Daemon.Launcher;

/// <summary>Says on the terminal what has come up and how long it took, and, when all has, what to try next.</summary>
internal sealed class Readiness
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromMilliseconds(500);

    private readonly BoxConfig _config;
    private readonly RunPaths _paths;
    private readonly TimeProvider _time;
    private readonly Output _output;
    private readonly List<(string Name, string What, Func<bool> Probe)> _waiting;
    private long _began;

    public Readiness(BoxConfig config, RunPaths paths, TimeProvider time, Output output)
    {
        _config = config;
        _paths = paths;
        _time = time;
        _output = output;
        _waiting =
        [
            ("twin", $"the simulated {config.Daemon.Board}", () => Listens(new UnixDomainSocketEndPoint(paths.TwinSocket))),
            ("daemon", "cooling at 10 Hz", () => Listens(new UnixDomainSocketEndPoint(paths.ControlSocket))),
            ("bmc-agent", $"panel {PanelUrl}", () => Listens(new IPEndPoint(Address(config.BmcAgent.Listen), config.BmcAgent.Port))),
            ("inference-core", $"API {ApiUrl}", IsEngineReady),
        ];
    }

    public bool IsDone { get; private set; }

    private string PanelUrl => $"http://{Host(_config.BmcAgent.Listen)}:{_config.BmcAgent.Port}/";

    private string ApiUrl => $"http://{Host(_config.InferenceCore.Listen)}:{_config.InferenceCore.Port}/v1";

    public void Begin()
    {
        _began = _time.GetTimestamp();
        _output.Line($"{_output.Screen.Strong($"appliance {Loop.DaemonState.Version}")}: the box on its twin, run directory {_paths.Sockets}");
    }

    /// <summary>Never waits longer than a probe's limit.</summary>
    public void Look(IReadOnlyList<Child> children)
    {
        if (IsDone)
            return;
        foreach (var step in _waiting.ToArray())
        {
            if (!children.Any(c => c.Plan.Name == step.Name && c.IsRunning) || !step.Probe())
                continue;
            _waiting.Remove(step);
            _output.Line($"  {_output.Screen.Good("✓")} {step.Name,-15} {step.What} {_output.Screen.Faint($"({_time.GetElapsedTime(_began).TotalSeconds:0.0} s)")}");
        }

        if (_waiting.Count == 0)
        {
            IsDone = true;
            TryNext();
        }
        else if (_time.GetElapsedTime(_began) > Patience)
        {
            IsDone = true;
            _output.Line(_output.Screen.Warn($"  still not up: {string.Join(", ", _waiting.Select(w => w.Name))}; logs in {Path.Combine(_paths.Sockets, "log")}"));
        }
    }

    private void TryNext()
    {
        var program = Near(Programs.PathOf("appliance"));
        if (!program.Contains('/'))
            program = $"./{program}";
        // Whole, unlike the program's: the other terminal may stand elsewhere, and a wrong directory is a box that seems dead.
        var where = _paths.Sockets == Path.GetFullPath(".run") ? "" : $" --run-dir {_paths.Sockets}";
        _output.Line("");
        _output.Line("Try next, in another terminal:");
        _output.Line($"  panel   {PanelUrl}");
        _output.Line($"  ask     curl -N {ApiUrl}/chat/completions -H 'content-type: application/json' \\");
        _output.Line("            -d '{\"messages\":[{\"role\":\"user\",\"content\":\"What is the setpoint?\"}],\"stream\":true}'");
        _output.Line($"  watch   {program} watch{where}");
        _output.Line($"  break   {program} inject fan_dead fan3{where}");
        _output.Line($"          {program} alarms{where}");
        _output.Line($"  listen  mosquitto_sub -V 5 -p {_config.Bus.Port} -t 'appliance/v1/#' -v");
        _output.Line(_output.Screen.Faint("Ctrl-C stops everything."));
    }

    /// <summary>Relative where that is shorter to type and to read.</summary>
    private static string Near(string path) =>
        Path.GetRelativePath(Environment.CurrentDirectory, path) is var relative && relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;

    private static IPAddress Address(string host) => IPAddress.TryParse(host, out var address)
        ? address.Equals(IPAddress.Any) ? IPAddress.Loopback : address
        : IPAddress.Loopback;

    private static string Host(string host) => host is "0.0.0.0" or "" ? "127.0.0.1" : host;

    private static bool Listens(EndPoint endPoint)
    {
        try
        {
            using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(endPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>GET /ready: 200 once a token was produced.</summary>
    private bool IsEngineReady()
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            {
                ReceiveTimeout = (int)ProbeLimit.TotalMilliseconds,
                SendTimeout = (int)ProbeLimit.TotalMilliseconds,
            };
            socket.Connect(Address(_config.InferenceCore.Listen), _config.InferenceCore.Port);
            socket.Send(Encoding.ASCII.GetBytes("GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
            var answer = new byte[64];
            var read = socket.Receive(answer);
            return Encoding.ASCII.GetString(answer, 0, read).StartsWith("HTTP/1.1 200", StringComparison.Ordinal);
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
