using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace SystemTests;

/// <summary>
/// The twin and, if asked for, a daemon, each started by hand in a run directory of its own: no launcher, no agent, no broker. What
/// saves the coolant here is one layer alone.
/// </summary>
internal sealed class Rig : IDisposable
{
    private readonly List<Process> _processes = [];
    private readonly Ports _ports = Ports.Free();

    /// <param name="metricsPort">Instead of a free one.</param>
    /// <param name="board">Instead of the default one.</param>
    public Rig(int? metricsPort = null, string? board = null)
    {
        if (metricsPort is { } port)
            _ports = _ports with { Metrics = port };
        Folder = Directory.CreateTempSubdirectory("rig-").FullName;
        var config = _ports.Config();
        File.WriteAllText(ConfigFile, board is null ? config : config.Replace("\"daemon\": {", $"\"daemon\": {{ \"board\": \"{board}\",", StringComparison.Ordinal));
        StartTwin();
    }

    public string Folder { get; }

    public string RunDirectory => Path.Combine(Folder, "run");

    public string ConfigFile => Path.Combine(Folder, "appliance.json");

    public Process Twin { get; private set; } = null!;

    public Process Daemon { get; private set; } = null!;

    public void StartTwin()
    {
        Twin = Start(["twin", "--run-dir", RunDirectory, "--config", ConfigFile], null);
        Wait.Until("the twin's socket answers", TimeSpan.FromSeconds(10), () => Truth().GetProperty("coolant_supply_c").GetDouble() > 0);
    }

    /// <param name="notifySocket">What systemd would set: NOTIFY_SOCKET, with a watchdog of two seconds.</param>
    public Process StartDaemon(string? notifySocket = null) => Daemon =
        Start(["daemon", "--simulated", "--run-dir", RunDirectory, "--config", ConfigFile], notifySocket);

    /// <summary>Warm, in control and below full speed: so that full speed afterwards means something.</summary>
    public void WaitUntilControlled()
    {
        Wait.Until("the daemon is in control", TimeSpan.FromSeconds(15), () => Mode() == "running");
        Wait.Until("the daemon has taken the fans down from full", TimeSpan.FromSeconds(30),
            () => Numbers("fan_pwm").All(p => p < 240) && Numbers("pump_pwm").All(p => p < 250));
    }

    public JsonElement Truth() => ControlSocket.Ask(Path.Combine(RunDirectory, "twin.sock"), """{"verb":"truth"}""");

    public void Inject(string fault, string target = "", double? value = null) => ControlSocket.Ask(
        Path.Combine(RunDirectory, "twin.sock"),
        JsonSerializer.Serialize(value is { } v
            ? new { verb = "inject", args = (object)new { fault, target, value = v } }
            : new { verb = "inject", args = (object)new { fault, target } }));

    /// <summary>The GPUs want this much, W, and have done so for so long that the box has settled.</summary>
    public void SettleAt(int watts)
    {
        ControlSocket.Ask(Path.Combine(RunDirectory, "twin.sock"), $$$"""{"verb":"load","args":{"mode":"watts","value":{{{watts}}}}}""");
        var kept = Path.Combine(RunDirectory, "state", "twin.json");
        Wait.Until("the twin keeps its load", TimeSpan.FromSeconds(10),
            () => File.Exists(kept) && JsonDocument.Parse(File.ReadAllText(kept)).RootElement.GetProperty("gpu_w").GetDouble() > watts - 1);
        Kill(Twin);
        StartTwin(); // it begins in the steady state of what it kept
    }

    public void ClearFaults() => ControlSocket.Ask(Path.Combine(RunDirectory, "twin.sock"), """{"verb":"clear"}""");

    /// <summary>The coolant chip answers ENODEV and comes back with an attribute whose open never returns: a FIFO nobody writes.</summary>
    public void HangTheCoolantChip()
    {
        var hwmon = Path.Combine(RunDirectory, "sysfs/sys/class/hwmon");
        var old = Directory.GetDirectories(hwmon).Single(d => File.ReadAllText(Path.Combine(d, "name")).Trim() == "loop_ntc");
        var hung = Path.Combine(hwmon, "hwmon99");
        Directory.CreateDirectory(hung);
        using (var mkfifo = Process.Start("mkfifo", [.. Enumerable.Range(1, 5).Select(i => Path.Combine(hung, $"temp{i}_input"))]))
            mkfifo.WaitForExit();
        File.WriteAllText(Path.Combine(hung, "name"), "loop_ntc\n");
        using var name = new FileStream(Path.Combine(old, "name"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        name.SetLength(0);
    }

    public double[] Numbers(string name) => [.. Truth().GetProperty(name).EnumerateArray().Select(n => n.GetDouble())];

    public bool FullCooling() => Numbers("fan_pwm").All(p => p >= 255) && Numbers("pump_pwm").All(p => p >= 255);

    /// <summary>Waits for full cooling as the plant has it and says how long it took.</summary>
    public TimeSpan WaitForFullCooling(TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        Wait.Until("full cooling", limit, FullCooling);
        return clock.Elapsed;
    }

    public string Mode() => JsonDocument.Parse(Cli("thermal", "--json")).RootElement.GetProperty("mode").GetString()!;

    /// <summary>What <c>appliance ARGUMENTS</c> prints about this rig.</summary>
    public string Cli(params string[] arguments) => Programs.Run("appliance", [.. arguments, "--run-dir", RunDirectory]).Output;

    public static void Kill(Process process)
    {
        Box.Signal(process.Id, ProcessInterop.SIGKILL);
        process.WaitForExit();
    }

    private Process Start(string[] arguments, string? notifySocket)
    {
        var start = new ProcessStartInfo(Programs.PathOf("appliance"), arguments);
        start.Environment.Remove("NOTIFY_SOCKET");
        if (notifySocket is not null)
        {
            start.Environment["NOTIFY_SOCKET"] = notifySocket;
            start.Environment["WATCHDOG_USEC"] = "2000000";
        }

        var process = Process.Start(start)!;
        _processes.Add(process);
        return process;
    }

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited)
            {
                process.Kill();
                process.WaitForExit();
            }

            process.Dispose();
        }

        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>systemd's end of sd_notify: what the service says, with the moment it said it.</summary>
internal sealed class NotifySocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly byte[] _buffer = new byte[4096];

    public NotifySocket(string path)
    {
        Path = path;
        _socket.Bind(new UnixDomainSocketEndPoint(path));
    }

    public string Path { get; }

    /// <summary>The next datagram, or null when none comes in time.</summary>
    public string? Next(TimeSpan limit) =>
        _socket.Poll(limit, SelectMode.SelectRead) ? Encoding.UTF8.GetString(_buffer, 0, _socket.Receive(_buffer)) : null;

    public void WaitFor(string line, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < limit)
        {
            if (Next(limit - clock.Elapsed) is { } said && said.Split('\n').Contains(line))
                return;
        }

        throw new TimeoutException($"No {line} within {limit.TotalSeconds:0.0} s.");
    }

    /// <summary>Waits as systemd does until the watchdog has been silent for its period; says how long that took.</summary>
    public TimeSpan WaitForSilence(TimeSpan period, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        var heard = TimeSpan.Zero;
        while (clock.Elapsed - heard < period)
        {
            if (clock.Elapsed > limit)
                throw new TimeoutException($"The watchdog was still fed after {limit.TotalSeconds:0.0} s.");
            if (Next(TimeSpan.FromMilliseconds(50)) is { } said && said.Contains("WATCHDOG=1", StringComparison.Ordinal))
                heard = clock.Elapsed;
        }

        return clock.Elapsed;
    }

    public void Dispose() => _socket.Dispose();
}
