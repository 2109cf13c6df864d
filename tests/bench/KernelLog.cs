using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Appliance.Hardware;
using Appliance.Health.Board;
using Appliance.Health.KernelLog;
using Appliance.Model;

namespace Bench;

/// <summary>
/// From a line in the kernel's log to the decision about it: 10 000 lines, one by one, to a file of kmsg records. First the reader and the rules
/// alone in this process, then the daemon as it is shipped, with everything else it does beside them. What /dev/kmsg adds is the kernel's wake-up
/// of a poll; what the file adds is inotify's.
/// </summary>
internal static class KernelLog
{
    private const int Lines = 10_000;
    private const double LimitMs = 100;

    public static async Task<int> RunAsync(TimeProvider time)
    {
        var root = Directory.CreateTempSubdirectory("bench-kmsg").FullName;
        try
        {
            // The daemon is compiled ahead of time; here the rules come first, so that no line waits for a compiler.
            var rules = Rules(time);
            _ = await FromFileAsync(Path.Combine(root, "warm"), time, 500);
            Row[] rows = [.. await FromFileAsync(Path.Combine(root, "timed"), time, Lines), rules, .. Daemon()];
            return Report.Print("kernel-log", rows);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static async Task<Row[]> FromFileAsync(string root, TimeProvider time, int count)
    {
        Directory.CreateDirectory(Path.Combine(root, "dev"));
        var file = Path.Combine(root, "dev/kmsg");
        File.WriteAllText(file, "");
        using var reader = new KernelLogReader(root, -1);
        reader.Start();
        var written = new long[count];
        var writer = new Thread(() => Write(file, written, time));
        writer.Start();

        var watch = new BoardWatch(BoardMemory.Empty);
        var latencies = new List<double>(count);
        var decided = new List<double>(count);
        while (latencies.Count < count)
        {
            await reader.Lines.WaitToReadAsync();
            while (reader.Lines.TryRead(out var line))
            {
                var taken = time.GetTimestamp();
                _ = watch.Kernel([line], [], Moment.Of(time));
                decided.Add(time.GetElapsedTime(taken).TotalMilliseconds);
                latencies.Add(time.GetElapsedTime(Volatile.Read(ref written[line.Sequence])).TotalMilliseconds);
            }
        }

        writer.Join();
        latencies.Sort();
        decided.Sort();
        return
        [
            new("line written → decided, p50 of 10 000", latencies[count / 2], null, "ms"),
            new("line written → decided, p99 of 10 000", latencies[count * 99 / 100], LimitMs, "ms", $"all XIDs of the catalogue in turn, {reader.Lost} lost"),
            new("line written → decided, longest", latencies[^1], null, "ms"),
            new("of that the rules, p99", decided[count * 99 / 100], null, "ms"),
            new("of that the rules, longest", decided[^1], null, "ms", "the rest is waiting for a processor"),
        ];
    }

    /// <summary>The published daemon on the twin: it counts from the kernel's stamp to its decision and says so in its status.</summary>
    private static Row[] Daemon()
    {
        using var box = new BenchBox();
        box.Start("appliance", "twin", "--run-dir", box.RunDirectory, "--config", box.ConfigFile);
        BenchBox.WaitFor(Path.Combine(box.RunDirectory, "twin.sock"));
        box.Start("appliance", "daemon", "--simulated", "--run-dir", box.RunDirectory, "--config", box.ConfigFile);
        BenchBox.WaitFor(Path.Combine(box.RunDirectory, "control.sock"));
        Thread.Sleep(TimeSpan.FromSeconds(3)); // its start is measured elsewhere
        var file = Path.Combine(box.RunDirectory, "sysfs/dev/kmsg");
        var first = File.ReadAllLines(file).Length;
        for (var i = 0; i < Lines; i++)
        {
            File.AppendAllText(file, string.Create(CultureInfo.InvariantCulture, $"3,{first + i},{(long)MonotonicClock.Now.TotalMicroseconds},-;{Said(i)}\n"));
            Thread.Sleep(1);
        }

        Thread.Sleep(TimeSpan.FromSeconds(1));
        var board = Board(box);
        double Of(string name) => board.GetProperty(name).GetDouble();
        return
        [
            new("daemon: stamp → decided, p50", Of("kernel_decision_ms_p50"), null, "ms", $"{Of("kernel_lines"):0} lines"),
            new("daemon: stamp → decided, p99", Of("kernel_decision_ms_p99"), LimitMs, "ms", "compiled ahead of time, with its loop, its probe and its disk"),
            new("daemon: stamp → decided, longest", Of("kernel_decision_ms_max"), null, "ms"),
        ];
    }

    private static JsonElement Board(BenchBox box)
    {
        var start = new ProcessStartInfo(Path.Combine(BenchBox.Programs, "appliance"), ["status", "--json", "--run-dir", box.RunDirectory]) { RedirectStandardOutput = true };
        using var status = Process.Start(start)!;
        return JsonDocument.Parse(status.StandardOutput.ReadToEnd()).RootElement.GetProperty("hardware");
    }

    private static void Write(string file, long[] written, TimeProvider time)
    {
        for (var i = 0; i < written.Length; i++)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"3,{i},{(long)MonotonicClock.Now.TotalMicroseconds},-;{Said(i)}\n");
            Volatile.Write(ref written[i], time.GetTimestamp());
            File.AppendAllText(file, text);
            Thread.Sleep(1);
        }
    }

    /// <summary>Decisions a second when all lines are there at once.</summary>
    private static Row Rules(TimeProvider time)
    {
        var lines = Enumerable.Range(0, Lines).Select(i => string.Create(CultureInfo.InvariantCulture, $"[{i * 0.02:0.000000}] {Said(i)}")).ToArray();
        var began = time.GetTimestamp();
        var decided = KernelLogFile.Decide(lines).Count();
        return new("explain of 10 000 lines, per line", time.GetElapsedTime(began).TotalMicroseconds / decided, null, "µs");
    }

    private static string Said(int i) => string.Create(CultureInfo.InvariantCulture,
        $"NVRM: Xid (PCI:0000:{0x1b + i % 8:x2}:00): {XidCatalogue.All[i % XidCatalogue.All.Count].Code}, pid={1000 + i}, name=python3, said");
}
