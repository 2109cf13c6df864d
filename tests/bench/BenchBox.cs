using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Bench;

/// <summary>The published programs on a run directory and ports of their own; all of it gone afterwards.</summary>
internal sealed class BenchBox : IDisposable
{
    private readonly List<Process> _started = [];

    public BenchBox()
    {
        Folder = Directory.CreateTempSubdirectory("bench-").FullName;
        int[] ports = [FreePort(), FreePort(), FreePort(), FreePort()];
        ApiPort = ports[2];
        File.WriteAllText(ConfigFile,
            $$"""{ "daemon": { "metrics_port": {{ports[3]}} }, "bus": { "port": {{ports[0]}} }, "bmc_agent": { "port": {{ports[1]}} }, "inference_core": { "port": {{ports[2]}} } }""");
    }

    public static string Programs { get; } = Environment.GetEnvironmentVariable("APPLIANCE_BIN_DIR") ?? Path.Combine(Root(), "artifacts");

    public string Folder { get; }

    public string RunDirectory => Path.Combine(Folder, "run");

    public string ConfigFile => Path.Combine(Folder, "appliance.json");

    public int ApiPort { get; }

    public Process Start(string program, params string[] arguments)
    {
        // A first argument that is a path is where the program shall notify (systemd's NOTIFY_SOCKET).
        var notify = arguments is [{ } first, ..] && first.StartsWith('/') ? first : null;
        var start = new ProcessStartInfo(Path.Combine(Programs, program), notify is null ? arguments : arguments[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (notify is not null)
            start.Environment["NOTIFY_SOCKET"] = notify;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _started.Add(process);
        return process;
    }

    public static void Stop(Process process)
    {
        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        if (!process.WaitForExit(TimeSpan.FromSeconds(10)))
            process.Kill(entireProcessTree: true);
    }

    public static void WaitFor(string path)
    {
        for (var i = 0; i < 2000 && !File.Exists(path); i++)
            Thread.Sleep(10);
        if (!File.Exists(path))
            throw new TimeoutException($"{path} did not appear within 20 s.");
    }

    /// <summary>
    /// What the child that was started with this verb or program name holds together with its own children: resident pages, those that several
    /// have counted for each, and beside it each shared page counted once.
    /// </summary>
    public (double Rss, double Pss) ResidentMb(string name)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(d => int.TryParse(Path.GetFileName(d), out _)))
        {
            try
            {
                var words = File.ReadAllText(Path.Combine(folder, "cmdline")).Split('\0');
                if (words.Length < 2 || !words.Contains(RunDirectory) || words[1] == "run")
                    continue;
                if (Path.GetFileName(words[0]) != name && words[1] != name)
                    continue;
                var folders = Children(folder).Prepend(folder).ToArray();
                return (folders.Sum(f => HeldMb(f, "Rss:")), folders.Sum(f => HeldMb(f, "Pss:")));
            }
            catch (IOException)
            {
                // Ended while we looked.
            }
        }

        throw new InvalidOperationException($"No {name} runs on {RunDirectory}.");
    }

    private static IEnumerable<string> Children(string folder) => Directory.EnumerateDirectories(Path.Combine(folder, "task"))
        .SelectMany(thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(child => $"/proc/{child}");

    /// <param name="folder">The process' in /proc.</param>
    /// <param name="what"><c>Rss:</c> or <c>Pss:</c>, as smaps_rollup has them: <c>Rss:   1234 kB</c>.</param>
    public static double HeldMb(string folder, string what)
    {
        var line = File.ReadLines(Path.Combine(folder, "smaps_rollup")).First(l => l.StartsWith(what, StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    public void Dispose()
    {
        foreach (var process in _started)
        {
            if (!process.HasExited)
                Stop(process);
            process.Dispose();
        }

        Directory.Delete(Folder, recursive: true);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    internal static string Root([CallerFilePath] string here = "")
    {
        for (var folder = Path.GetDirectoryName(here); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "appliance.sln")))
                return folder;
        }

        throw new InvalidOperationException($"No appliance.sln above {here}.");
    }
}
