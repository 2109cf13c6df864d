using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Bench;

/// <summary>
/// What it costs to watch eight GPUs: the probe process alone against the twin's library, once a second and at the cooling loop's ten. The
/// processor time is the kernel's own, by thread; on a real board the number of calls is what costs, so it is counted too.
/// </summary>
internal static class ProbeCost
{
    private const int Gpus = 8;
    /// <summary>Half a per cent of one core.</summary>
    private const double LimitMs = 5;
    private const double LimitMib = 60;

    private static readonly TimeSpan _settle = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan _measured = TimeSpan.FromSeconds(60);

    /// <summary>Threads by the beginning of their names; what is none of these is the runtime's and the main thread.</summary>
    private static readonly (string Prefix, string What)[] _groups =
        [("gpu", "reading"), ("survey", "surveys"), ("rdma", "ports"), ("disks", "disks"), ("mounts", "mounts"), ("host", "host"), ("nvml-events", "events")];

    public static int Run()
    {
        using var box = new BenchBox();
        box.Start("appliance", "twin", "--run-dir", box.RunDirectory, "--config", box.ConfigFile);
        BenchBox.WaitFor(Path.Combine(box.RunDirectory, "twin.sock"));
        return Report.Print("probe", [.. Measure(box, 1000, LimitMs), .. Measure(box, 100, null)]);
    }

    private static List<Row> Measure(BenchBox box, int readMs, double? limit)
    {
        using var probe = Start(box, readMs);
        var frames = new Frames(probe.StandardOutput.BaseStream);
        new Thread(frames.Read) { IsBackground = true }.Start();
        Thread.Sleep(_settle);
        var (before, told, at) = (Threads(probe.Id), frames.Copy(), Stopwatch.GetTimestamp());
        Thread.Sleep(_measured);
        var (after, now, seconds) = (Threads(probe.Id), frames.Copy(), Stopwatch.GetElapsedTime(at).TotalSeconds);
        var (resident, shared) = (BenchBox.HeldMb($"/proc/{probe.Id}", "Rss:"), BenchBox.HeldMb($"/proc/{probe.Id}", "Pss:"));
        probe.StandardInput.Close();
        if (!probe.WaitForExit(TimeSpan.FromSeconds(10)))
            throw new TimeoutException("The probe did not end with its input.");

        var rate = readMs == 1000 ? "1 Hz" : $"{1000 / readMs} Hz";
        var spent = after.Select(t => (t.Value.Name, Ns: t.Value.Ns - (before.TryGetValue(t.Key, out var b) ? b.Ns : 0))).ToArray();
        double Spent(Func<string, bool> of) => spent.Where(s => of(s.Name)).Sum(s => s.Ns) / 1e6 / seconds;
        var parts = _groups.Select(g => (g.What, Spent: Spent(n => n.StartsWith(g.Prefix, StringComparison.Ordinal)))).Append(
            ("rest", Spent(n => !_groups.Any(g => n.StartsWith(g.Prefix, StringComparison.Ordinal)))));
        return
        [
            new($"probe at {rate}, eight GPUs, processor time", Spent(_ => true), limit, "ms/s", string.Join(", ", parts.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Item1} {p.Item2:0.00}")))),
            new($"probe at {rate}, NVML calls a second and GPU", (now.Calls - told.Calls) / seconds / Gpus, null, "calls"),
            new($"probe at {rate}, field values a second and GPU", (now.Values - told.Values) / seconds / Gpus, null, "values"),
            new($"probe at {rate}, words to the daemon", (now.Bytes - told.Bytes) / seconds / 1024, null, "KiB/s",
                string.Join(", ", now.Count.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Key} {(c.Value - told.Count.GetValueOrDefault(c.Key)) / seconds:0.0}/s")))),
            new($"probe at {rate}, resident", resident, LimitMib, "MiB", string.Create(CultureInfo.InvariantCulture, $"together with the daemon, which power-on measures; shared pages counted once: {shared:0.0}")),
        ];
    }

    private static Process Start(BenchBox box, int readMs)
    {
        var sysRoot = Path.Combine(box.RunDirectory, "sysfs");
        var start = new ProcessStartInfo(Path.Combine(BenchBox.Programs, "appliance-probe"),
        [
            "--gpus", $"{Gpus}", "--sysroot", sysRoot, "--lock-dir", box.Folder, "--read-ms", $"{readMs}",
            "--library", Path.Combine(BenchBox.Programs, "nvml-twin", "libnvidia-ml.so.1"),
        ])
        { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["APPLIANCE_TWIN_SYSROOT"] = sysRoot;
        return Process.Start(start)!;
    }

    /// <summary>Nanoseconds on a processor by thread, as the scheduler counts them.</summary>
    private static Dictionary<string, (string Name, long Ns)> Threads(int pid)
    {
        var threads = new Dictionary<string, (string, long)>();
        foreach (var task in Directory.EnumerateDirectories($"/proc/{pid}/task"))
        {
            var ns = long.Parse(File.ReadAllText(Path.Combine(task, "schedstat")).Split(' ')[0], CultureInfo.InvariantCulture);
            threads[task] = (File.ReadAllText(Path.Combine(task, "comm")).Trim(), ns);
        }

        return threads;
    }

    /// <summary>Takes the probe's words as the daemon would; keeps what it says of itself.</summary>
    private sealed class Frames(Stream stream)
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<char, long> _count = [];
        private long _bytes;
        private long _calls;
        private long _values;

        public (Dictionary<char, long> Count, long Bytes, long Calls, long Values) Copy()
        {
            lock (_gate)
                return (new(_count), _bytes, _calls, _values);
        }

        public void Read()
        {
            Span<byte> head = stackalloc byte[5];
            var body = new byte[1 << 20];
            while (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(head[1..]);
                stream.ReadExactly(body, 0, length);
                lock (_gate)
                {
                    _bytes += head.Length + length;
                    _count[(char)head[0]] = _count.GetValueOrDefault((char)head[0]) + 1;
                    if (head[0] == 'p')
                        Note(JsonDocument.Parse(body.AsMemory(0, length)).RootElement);
                }
            }
        }

        private void Note(JsonElement said)
        {
            if (said.TryGetProperty("driver_calls", out var calls))
                _calls = calls.GetInt64();
            if (said.TryGetProperty("field_values", out var values))
                _values = values.GetInt64();
        }
    }
}
