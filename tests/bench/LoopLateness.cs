using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Bench;

/// <summary>
/// How late the cooling loop's ticks begin: the published daemon on the twin's files, idle or under load. Load is a thread per core that computes
/// and one that allocates, and clients that make the daemon itself allocate.
/// </summary>
internal static class LoopLateness
{
    private const double IdleLimitMs = 5;
    private const double LoadLimitMs = 20;
    private const int Clients = 2;
    private static readonly TimeSpan _warmUp = TimeSpan.FromSeconds(5);

    /// <param name="arguments">Minutes, and <c>load</c>.</param>
    public static int Run(IReadOnlyList<string> arguments)
    {
        var minutes = arguments.Count > 0 && double.TryParse(arguments[0], CultureInfo.InvariantCulture, out var m) ? m : 10;
        var load = arguments.Contains("load");
        using var box = new BenchBox();
        box.Start("appliance", "twin", "--run-dir", box.RunDirectory, "--config", box.ConfigFile);
        BenchBox.WaitFor(Path.Combine(box.RunDirectory, "twin.sock"));
        box.Start("appliance", "daemon", "--simulated", "--run-dir", box.RunDirectory, "--config", box.ConfigFile);
        var control = Path.Combine(box.RunDirectory, "control.sock");
        BenchBox.WaitFor(control);
        Thread.Sleep(_warmUp);
        using var stop = new CancellationTokenSource();
        var threads = load ? Load(control, stop.Token) : [];
        Thread.Sleep(TimeSpan.FromMinutes(minutes));
        stop.Cancel();
        threads.ForEach(t => t.Join());
        var loop = Ask(control).GetProperty("loop");
        double Of(string name) => loop.GetProperty(name).GetDouble();
        var others = File.ReadAllText("/proc/loadavg").Split(' ');
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Of("ticks"):0} ticks in {minutes:0.#} min, {(load ? "under CPU and GC load" : "no load of ours")}; machine's load {others[0]} {others[1]} {others[2]} on {Environment.ProcessorCount} cores"));
        return Report.Print(load ? "loop-load" : "loop",
        [
            new("lateness p99", Of("lateness_p99_ms"), null, "ms"),
            new("lateness p99.9", Of("lateness_p999_ms"), load ? LoadLimitMs : IdleLimitMs, "ms"),
            new("lateness, at most", Of("lateness_max_ms"), null, "ms"),
            new("100 ms deadlines missed", Of("missed"), 0, ""),
            new("allocated per tick", Of("allocated_bytes_per_tick"), 0, "bytes"),
            new("without real-time priority", loop.GetProperty("real_time").GetBoolean() ? 0 : 1, null, ""),
        ]);
    }

    private static List<Thread> Load(string control, CancellationToken stop)
    {
        var work = new List<ThreadStart>();
        for (var i = 0; i < Environment.ProcessorCount; i++)
        {
            work.Add(() => Compute(stop));
            work.Add(() => Allocate(stop));
        }

        for (var i = 0; i < Clients; i++)
        {
            work.Add(() =>
            {
                while (!stop.IsCancellationRequested)
                    Ask(control);
            });
        }

        var threads = work.ConvertAll(w => new Thread(w));
        threads.ForEach(t => t.Start());
        return threads;
    }

    private static void Compute(CancellationToken stop)
    {
        var x = 1.0;
        while (!stop.IsCancellationRequested)
            x = Math.Sqrt(x + 2);
        GC.KeepAlive(x);
    }

    private static void Allocate(CancellationToken stop)
    {
        var kept = new byte[64][];
        for (var i = 0; !stop.IsCancellationRequested; i++)
            kept[i % kept.Length] = new byte[40_000];
    }

    private static JsonElement Ask(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
        socket.Connect(new UnixDomainSocketEndPoint(path));
        using var stream = new NetworkStream(socket);
        stream.Write(Encoding.UTF8.GetBytes("{\"verb\":\"status\"}\n"));
        using var reader = new StreamReader(stream);
        var line = reader.ReadLine() ?? throw new IOException($"{path} closed without an answer.");
        using var answer = JsonDocument.Parse(line);
        return answer.RootElement.GetProperty("data").Clone();
    }
}
