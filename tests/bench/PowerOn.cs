using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Bench;

/// <summary>What a person waits for when the box powers on, and what the box costs while it idles.</summary>
internal static class PowerOn
{
    private const int Starts = 10;
    private const int ColdStarts = 3;

    public static int Run()
    {
        var rows = new List<Row>();
        using (var box = new BenchBox())
        {
            rows.Add(Ready(box));
        }

        var firstTokens = new List<double>();
        for (var i = 0; i < ColdStarts; i++)
        {
            using var box = new BenchBox();
            firstTokens.Add(FirstToken(box));
            if (i == ColdStarts - 1)
                rows.AddRange(Memory(box));
        }

        firstTokens.Sort();
        rows.Insert(1, new("run → first streamed token, median of 3", firstTokens[1], 5000, "ms"));
        rows.AddRange(Decode());
        return Report.Print("power-on", rows);
    }

    /// <summary>exec → READY=1 on the notify socket, the twin already standing.</summary>
    private static Row Ready(BenchBox box)
    {
        var twin = box.Start("appliance", "twin", "--run-dir", box.RunDirectory, "--config", box.ConfigFile);
        BenchBox.WaitFor(Path.Combine(box.RunDirectory, "twin.sock"));
        var notify = Path.Combine(box.Folder, "notify");
        var times = new List<double>();
        for (var i = 0; i < Starts; i++)
        {
            File.Delete(notify);
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
            socket.Bind(new UnixDomainSocketEndPoint(notify));
            var clock = Stopwatch.GetTimestamp();
            var daemon = box.Start("appliance", notify, "daemon", "--simulated", "--run-dir", box.RunDirectory, "--config", box.ConfigFile);
            var buffer = new byte[4096];
            while (!Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer)).Contains("READY=1", StringComparison.Ordinal))
            {
            }

            times.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
            BenchBox.Stop(daemon);
        }

        BenchBox.Stop(twin);
        times.Sort();
        return new("appliance daemon exec → READY, median of 10", times[times.Count / 2], 150, "ms", $"worst {times[^1]:0} ms");
    }

    private static double FirstToken(BenchBox box)
    {
        var clock = Stopwatch.GetTimestamp();
        box.Start("appliance", "run", "--simulated", "--run-dir", box.RunDirectory, "--config", box.ConfigFile);
        using var api = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{box.ApiPort}"), Timeout = TimeSpan.FromSeconds(30) };
        while (Stopwatch.GetElapsedTime(clock) < TimeSpan.FromSeconds(60))
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
                {
                    Content = new StringContent("""{"messages":[{"role":"user","content":"What is the setpoint?"}],"stream":true}""",
                        new MediaTypeHeaderValue("application/json")),
                };
                using var response = api.Send(request, HttpCompletionOption.ResponseHeadersRead);
                if (response.IsSuccessStatusCode)
                {
                    using var lines = new StreamReader(response.Content.ReadAsStream());
                    while (lines.ReadLine() is { } line)
                    {
                        if (line.Contains("\"content\":\"", StringComparison.Ordinal) && !line.Contains("\"content\":\"\"", StringComparison.Ordinal))
                            return Stopwatch.GetElapsedTime(clock).TotalMilliseconds;
                    }
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            Thread.Sleep(10);
        }

        throw new TimeoutException("No token within 60 s.");
    }

    private static IEnumerable<Row> Memory(BenchBox box)
    {
        Thread.Sleep(TimeSpan.FromSeconds(60)); // twenty seconds after its start each gives back what only that had used, and then takes again what it needs
        var rows = new List<Row>();
        foreach (var (name, limit) in new (string, double?)[] { ("daemon", 60), ("bmc-agent", 40), ("inference-core", null), ("twin", null) })
        {
            var (rss, pss) = box.ResidentMb(name);
            rows.Add(new($"{name} resident when idle, with its children", rss, limit, "MB", string.Create(CultureInfo.InvariantCulture, $"shared pages counted once: {pss:0.0}")));
        }

        return rows;
    }

    private static IEnumerable<Row> Decode()
    {
        var model = Path.Combine(BenchBox.Programs, "models", "field-guide");
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(BenchBox.Programs, "inference-core"),
            ["bench", "--model", model, "--device", "cpu", "--prompt-tokens", "64", "--new-tokens", "512", "--batch", "1", "--json"])
        {
            RedirectStandardOutput = true,
        })!;
        var answer = JsonDocument.Parse(process.StandardOutput.ReadToEnd()).RootElement;
        process.WaitForExit();
        var rate = answer.GetProperty("decode_tok_s").GetDouble();
        var bytes = answer.GetProperty("bytes_per_token").GetDouble();
        var read = answer.GetProperty("resident_read_gb_s").GetDouble();
        var bound = read * 1e9 / bytes;
        yield return new("decode, field-guide model, one core", rate, null, "tokens/s",
            string.Create(CultureInfo.InvariantCulture, $"limit {bound:0} at {read:0.0} GB/s read by that core over the same bytes: {rate / bound:0%}"));
    }
}
