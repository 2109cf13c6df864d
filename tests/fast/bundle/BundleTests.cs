using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Appliance.Daemon.Bundle;
using Appliance.Daemon.Cli;
using Appliance.Model;

namespace FastTests.Bundle;

/// <summary>A box without a living process, made of files and of commands that print what we want.</summary>
public sealed class BundleTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bundle-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task With_every_process_dead_it_holds_what_lies_on_the_disk_and_names_the_rest()
    {
        Write("run/state/events/00000001.log", "xxxxxxxx C []\nxxxxxxxx E {\"id\":1,\"text\":\"fan3 stalled\"}\nxxxxxxxx E {\"id\":2}\n");
        Write("etc/appliance.json", "{\"node\":\"box9\"}");
        Command("journalctl", "echo \"$*: a line\"");
        var (files, manifest) = await CollectAsync();
        Assert.Equal("{\"id\":1,\"text\":\"fan3 stalled\"}\n{\"id\":2}\n", files["events/log.ndjson"]);
        Assert.Contains("box9", files["configuration/appliance.json"], StringComparison.Ordinal);
        Assert.Contains("-u appliance", files["logs/appliance.log"], StringComparison.Ordinal);
        Assert.False(manifest.Complete);
        Assert.Contains(manifest.Missing, m => m.Path == "box/status.json" && m.Why.Contains("no daemon answers", StringComparison.Ordinal));
        Assert.Contains(manifest.Missing, m => m.Path == "gpu/nvidia-smi.txt" && m.Why == "nvidia-smi is not installed");
    }

    [Fact]
    public async Task Every_file_is_in_the_manifest_with_its_hash_and_every_item_is_there_or_missing()
    {
        var (files, manifest) = await CollectAsync();
        Assert.Equal(files.Keys.Except(["manifest.json", "SHA256SUMS"]).Order(), manifest.Files.Select(f => f.Path).Order());
        Assert.All(manifest.Files, f => Assert.Equal(f.Sha256, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(files[f.Path])))));
        Assert.Contains($"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(files["manifest.json"])))}  manifest.json", files["SHA256SUMS"], StringComparison.Ordinal);
        var planned = new BundlePlan(Places(), Client(), TimeProvider.System).Items().Select(i => i.Path);
        Assert.Equal(planned.Append("README.txt").Order(), manifest.Files.Select(f => f.Path).Concat(manifest.Missing.Select(m => m.Path)).Order());
    }

    [Fact]
    public async Task What_hangs_costs_its_own_time_only_and_is_named()
    {
        Command("journalctl", "echo \"$*\"");
        var hung = new TaskCompletionSource<string>();
        var time = new CountedTime();
        // A timer for the bundle and one for each source; that of the file is gone: it has been read.
        var fileRead = time.WhenTimers(made: 3, left: 2);
        var writing = new BundleWriter("box1", "0", new([]), time).WriteAsync(
            [new("a.txt", "a driver that hangs", _ => hung.Task), BundleItem.Of("b.txt", "a file", () => "b")], Stream.Null, CancellationToken.None);
        await fileRead;
        time.Advance(TimeSpan.FromSeconds(8));

        var manifest = await writing;
        Assert.Equal("no answer within 8 s", Assert.Single(manifest.Missing).Why);
        Assert.Contains(manifest.Files, f => f.Path == "b.txt");
    }

    [Fact]
    public async Task It_never_grows_past_its_limit_and_keeps_the_newest()
    {
        var noise = new StringBuilder();
        var random = new Random(7);
        while (noise.Length < 1_400_000)
            noise.Append((char)random.Next(0x4E00, 0x9FFF));
        noise.Append("the end");
        using var archive = new MemoryStream();
        var manifest = await new BundleWriter("box1", "0", new([]), TimeProvider.System).WriteAsync(
            [.. Enumerable.Range(0, 7).Select(i => BundleItem.Of($"{i}.txt", "noise", () => noise.ToString()) with { MaxBytes = 4_000_000 })], archive, CancellationToken.None);
        Assert.InRange(archive.Length, 8_000_000, 25_000_000);
        Assert.EndsWith("the end", Read(archive)["0.txt"], StringComparison.Ordinal);
        Assert.True(manifest.Files.First(f => f.Path == "0.txt").CutBytes > 0);
        Assert.Contains(manifest.Missing, m => m.Why.StartsWith("no room left", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_hundred_canaries_in_every_place_leave_no_feather()
    {
        var canaries = Canaries.Plant(_folder, Write, Command);
        Assert.True(canaries.Count >= 100, $"{canaries.Count} canaries");
        var (files, manifest) = await CollectAsync(Canaries.Environment(canaries));
        Assert.True(manifest.StruckOut > 20, "nothing was struck out: were the places read at all?");
        foreach (var log in (string[])["logs/appliance.log", "logs/kernel.log", "events/log.ndjson", "configuration/appliance.json", "configuration/certificates.txt", "gpu/nvidia-smi.txt", "machine/units.txt"])
            Assert.True(files.ContainsKey(log), $"{log} was not collected: {string.Join("; ", manifest.Missing.Where(m => m.Path == log).Select(m => m.Why))}");
        var found = from canary in canaries from file in files where file.Value.Contains(canary.Core, StringComparison.Ordinal) select $"{canary.Place}: {canary.Core} in {file.Key}";
        Assert.Empty(found);
        Assert.Contains("harmless words stay", files["logs/appliance.log"], StringComparison.Ordinal);
    }

    private async Task<(Dictionary<string, string> Files, BundleManifest Manifest)> CollectAsync(string? environ = null)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "proc"));
        if (environ is not null)
        {
            Write("proc/4711/comm", "appliance\n");
            Write("proc/4711/environ", environ);
            Write("proc/4711/cmdline", environ.Replace('=', ' '));
            Write("proc/4711/status", "Name:\tappliance\nState:\tS (sleeping)\n");
        }

        var places = Places();
        using var archive = new MemoryStream();
        var manifest = await new BundleWriter("box1", "0", new(KnownSecrets.Of(places)), TimeProvider.System)
            .WriteAsync(new BundlePlan(places, Client(), TimeProvider.System).Items(), archive, CancellationToken.None);
        return (Read(archive), manifest);
    }

    private BundlePlaces Places() => new(RunPaths.Twin(Path.Combine(_folder, "run")))
    {
        Etc = Path.Combine(_folder, "etc"),
        Proc = Path.Combine(_folder, "proc"),
        Machine = Path.Combine(_folder, "machine"),
        Commands = [Path.Combine(_folder, "bin")],
        HasJournal = true,
    };

    private BoxClient Client() => new(RunPaths.Twin(Path.Combine(_folder, "run")), TimeProvider.System);

    private static Dictionary<string, string> Read(MemoryStream archive)
    {
        archive.Position = 0;
        using var gzip = new GZipStream(archive, CompressionMode.Decompress, leaveOpen: true);
        using var tar = new TarReader(gzip);
        var files = new Dictionary<string, string>();
        while (tar.GetNextEntry(copyData: true) is { } entry)
        {
            using var reader = new StreamReader(entry.DataStream ?? Stream.Null);
            files.Add(entry.Name[(entry.Name.IndexOf('/') + 1)..], reader.ReadToEnd());
        }

        return files;
    }

    private void Write(string path, string text)
    {
        var full = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    private void Command(string name, string script)
    {
        Write($"bin/{name}", $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(Path.Combine(_folder, "bin", name), UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
    }
}
