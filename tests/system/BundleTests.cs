using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SystemTests;

/// <summary><c>appliance dump health</c> of a real box on its twin: alive, dead, with nowhere to write, and with secrets in every place.</summary>
public sealed class BundleTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_living_box_is_packed_whole_within_its_limits_and_no_secret_goes_along()
    {
        var canaries = new List<string>();
        string Canary(string kind)
        {
            canaries.Add($"{kind}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(5))}");
            return canaries[^1];
        }

        Environment.SetEnvironmentVariable("BOX_MQTT_PASSWORD", Canary("environment"));
        using var box = Box.StartReady();
        Environment.SetEnvironmentVariable("BOX_MQTT_PASSWORD", null);
        box.WaitUntil("the model answers", TimeSpan.FromSeconds(30), () => box.Api.GetAsync("/ready").Result.IsSuccessStatusCode);
        await AskAsync(box, Canary);
        // A reload with a broken file: the daemon's alarm and the event log now repeat what somebody typed.
        File.WriteAllText(box.ConfigFile, $$"""{ "daemon": { "setpoint_c": "{{Canary("configuration")}}" }, "password": "{{Canary("password")}}" } // {{Canary("comment")}}""");
        Box.Signal(box.Children()["daemon"], 1);
        box.WaitUntil("an alarm about the configuration", TimeSpan.FromSeconds(10), () => box.Cli("alarms", "--json").Output.Contains("config_invalid", StringComparison.Ordinal));
        foreach (var name in (string[])["daemon", "bmc-agent", "inference-core", "twin"])
        {
            File.AppendAllText(Path.Combine(box.RunDirectory, "log", $"{name}.log"), string.Join('\n',
                $"password={Canary("log")}", $"Authorization: Bearer {Canary("log")}", $"mqtt://bob:{Canary("log")}@10.0.0.7:1883", $"{{\"api_key\":\"{Canary("log")}\"}}", ""));
        }

        var tls = Directory.CreateDirectory(Path.Combine(box.RunDirectory, "tls")).FullName;
        File.WriteAllText(Path.Combine(tls, "appliance.key"), $"-----BEGIN PRIVATE KEY-----\n{Canary("tls-key-of-the-box")}\n-----END PRIVATE KEY-----\n");

        var clock = Stopwatch.StartNew();
        var answer = box.CliJson("dump", "health", "--output", box.Folder);
        Assert.True(clock.Elapsed < Limit, $"{clock.Elapsed.TotalSeconds:0.0} s");
        var path = answer.GetProperty("path").GetString()!;
        Assert.InRange(new FileInfo(path).Length, 10_000, 25_000_000);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));

        var files = Unpack(File.ReadAllBytes(path));
        foreach (var wanted in (string[])["box/status.json", "box/health.txt", "box/gpus.json", "box/hwmon.txt", "events/log.ndjson", "logs/daemon.log", "control-plane/metrics.txt",
            "inference/metrics.txt", "configuration/certificates.txt", "manifest.json"])
            Assert.Contains(wanted, files.Keys);
        Assert.Contains("config_invalid", Encoding.UTF8.GetString(files["box/alarms.json"]), StringComparison.Ordinal);
        CheckHashes(files);
        Assert.Empty(from canary in canaries from file in files where Encoding.UTF8.GetString(file.Value).Contains(canary, StringComparison.Ordinal) select $"{canary} in {file.Key}");
    }

    [Fact]
    public void With_every_process_killed_and_no_room_on_the_disk_it_still_goes_down_a_pipe()
    {
        string run;
        using (var box = Box.StartReady())
        {
            run = box.RunDirectory;
            box.WaitUntil("the panel's process keeps events", TimeSpan.FromSeconds(20), () => Directory.EnumerateFiles(Path.Combine(run, "state", "events")).Any(f => new FileInfo(f).Length > 0));
            _ = ProcessInterop.kill(box.Launcher.Id, ProcessInterop.SIGKILL);
            foreach (var pid in box.Children().Values)
                _ = ProcessInterop.kill(pid, ProcessInterop.SIGKILL);
            box.WaitUntil("all are dead", TimeSpan.FromSeconds(10), () => box.Children().Count == 0);

            var full = box.Cli("dump", "health", "--output", "/dev/full");
            Assert.Equal((1, ""), (full.ExitCode, full.Output));
            Assert.Contains("No space left on device", full.ErrorLine, StringComparison.Ordinal);
            Assert.Contains("--output -", full.ErrorLine, StringComparison.Ordinal);

            var files = Unpack(Pipe(run, out var note));
            CheckHashes(files);
            Assert.Contains("events/log.ndjson", files.Keys);
            Assert.Contains("logs/daemon.log", files.Keys);
            Assert.Contains("missing", note, StringComparison.Ordinal);
            var manifest = JsonDocument.Parse(files["manifest.json"]).RootElement;
            Assert.False(manifest.GetProperty("complete").GetBoolean());
            Assert.Contains(manifest.GetProperty("missing").EnumerateArray(), m => m.GetProperty("path").GetString() == "box/status.json"
                && m.GetProperty("why").GetString()!.Contains("no daemon answers", StringComparison.Ordinal));
        }
    }

    /// <summary>Prompts that are answered, refused and malformed, streamed and not: none may be kept anywhere.</summary>
    private static async Task AskAsync(Box box, Func<string, string> canary)
    {
        using var api = box.Api;
        for (var i = 0; i < 12; i++)
        {
            object[] messages = [new { role = i % 2 == 0 ? "user" : "system", content = $"My secret is {canary("prompt")}." }];
            using var answered = await api.PostAsJsonAsync("/v1/chat/completions", new { messages, max_tokens = 4, stream = i % 3 == 0, user = canary("user") });
            using var refused = await api.PostAsJsonAsync("/v1/chat/completions", new { model = canary("model"), messages = $"{canary("malformed")}", temperature = "x" });
            using var broken = await api.PostAsync("/v1/completions", new StringContent($"{{\"prompt\":\"{canary("broken")}", Encoding.UTF8, "application/json"));
            using var lost = await api.GetAsync($"/v1/{canary("path")}?key={canary("query")}");
        }
    }

    private static byte[] Pipe(string run, out string note)
    {
        var start = new ProcessStartInfo(Programs.PathOf("appliance"), ["dump", "health", "--output", "-", "--run-dir", run]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        using var bytes = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(bytes);
        Assert.True(process.WaitForExit(Limit));
        Assert.Equal(0, process.ExitCode);
        note = error.Result;
        return bytes.ToArray();
    }

    private static Dictionary<string, byte[]> Unpack(byte[] archive)
    {
        using var gzip = new GZipStream(new MemoryStream(archive), CompressionMode.Decompress);
        using var tar = new TarReader(gzip);
        var files = new Dictionary<string, byte[]>();
        while (tar.GetNextEntry() is { } entry)
        {
            using var bytes = new MemoryStream();
            entry.DataStream?.CopyTo(bytes);
            files.Add(entry.Name[(entry.Name.IndexOf('/') + 1)..], bytes.ToArray());
        }

        return files;
    }

    private static void CheckHashes(Dictionary<string, byte[]> files)
    {
        var sums = Encoding.UTF8.GetString(files["SHA256SUMS"]).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split("  ")).ToDictionary(p => p[1], p => p[0]);
        Assert.Equal(files.Keys.Where(f => f != "SHA256SUMS").Order(), sums.Keys.Order());
        Assert.All(sums, s => Assert.Equal(s.Value, Convert.ToHexStringLower(SHA256.HashData(files[s.Key]))));
    }
}
