using System.Text;
using System.Text.Json;
using Appliance.Daemon.Cli;
using Appliance.Daemon.Control;
using Appliance.Health.KernelLog;

namespace Appliance.Daemon.Bundle;

/// <summary>
/// All that a support bundle may hold: what is not listed here is not read. Environments, arguments of processes, private keys, memory and what
/// people asked the model are in no list. Each item stands for itself, so that one that fails or hangs costs the others nothing.
/// </summary>
internal sealed class BundlePlan(BundlePlaces places, BoxClient box, TimeProvider time)
{
    private const int LogBytes = 2 * 1024 * 1024;
    private const int EventBytes = 3 * 1024 * 1024;

    private static readonly string[] Units = ["appliance", "appliance-rights", "bmc-agent", "inference-core", "mosquitto"];

    public IReadOnlyList<BundleItem> Items() =>
    [
        .. Box(), .. Configuration(), .. Events(), .. Logs(), .. Pages(), .. Machine(),
    ];

    private IEnumerable<BundleItem> Box()
    {
        foreach (var verb in (string[])["status", "alarms", "thermal", "gpus", "fabric"])
            yield return new($"box/{verb}.json", $"control socket: {verb}", async cancel => Indented(await box.AskAsync(verb, null, cancel).ConfigureAwait(false)));
        yield return new("box/health.txt", "control socket: status", async cancel =>
            Lines(HealthText.Lines(HealthText.Checks(await box.StatusAsync(cancel).ConfigureAwait(false)), Plain)));
        yield return BundleItem.Of("box/processes.txt", "/proc: state, memory and threads of the box' processes", () => OwnProcesses.Tell(places));
        yield return TailOf("box/last-known.json", Path.Combine(places.Run.State, "last-known.json"));
        yield return TailOf("box/thermal-checkpoint.json", Path.Combine(places.Run.State, "thermal.json"));
        yield return BundleItem.Of("box/hwmon.txt", "every value of every hardware-monitoring chip", () => HwmonDump.Of(places.Run.SysRoot));
        yield return BundleItem.Of("box/state-files.txt", $"names and sizes in {places.Run.State}", () => Listing(places.Run.State, depth: 2));
    }

    private IEnumerable<BundleItem> Configuration()
    {
        foreach (var file in places.ConfigFiles)
        {
            yield return BundleItem.Of($"configuration/{Path.GetFileName(file)}", $"{file}: known keys with values they take; no comments", () => ConfigDigest.Of(
                ReadWhole(file)));
        }

        yield return BundleItem.Of("configuration/certificates.txt", $"{places.Etc}/tls: certificates; of keys owner and mode only", () => CertificateDigest.Of(
            Path.Combine(places.Etc, "tls"), time.GetUtcNow()));
        yield return TailOf("configuration/broker.acl", Path.Combine(places.Etc, "broker.acl"));
    }

    private IEnumerable<BundleItem> Events()
    {
        yield return BundleItem.Of("events/log.ndjson", $"{places.Run.EventLog}: the newest events", () => RecordTail.Of(places.Run.EventLog, EventBytes)) with { MaxBytes = EventBytes };
        yield return BundleItem.Of("events/outbox.ndjson", $"{places.Run.EventOutbox}: events of the control plane", () => RecordTail.Of(places.Run.EventOutbox, EventBytes)) with { MaxBytes = EventBytes };
    }

    private IEnumerable<BundleItem> Logs()
    {
        if (places.HasJournal)
        {
            foreach (var unit in Units)
            {
                yield return Command(
                    $"logs/{unit}.log", "journalctl", "--no-pager", "-q", "-n", "8000", "-o", "short-iso-precise", "-u", unit, "-t", unit == "appliance" ? "appliance-safe" : unit) with
                { MaxBytes = LogBytes };
            }
        }
        else
        {
            foreach (var name in (string[])["daemon", "bmc-agent", "inference-core", "twin"])
                yield return TailOf($"logs/{name}.log", Path.Combine(places.Run.Sockets, "log", $"{name}.log")) with { MaxBytes = LogBytes };
        }

        yield return new("logs/kernel.log", "journalctl -k, or dmesg", KernelAsync) { MaxBytes = LogBytes };
        yield return new("logs/kernel-explained.json", "what the lines of the kernel's log mean", async cancel =>
        {
            var text = new StringBuilder();
            foreach (var decision in KernelLogFile.Decide((await KernelAsync(cancel).ConfigureAwait(false)).Split('\n')))
                text.Append(JsonSerializer.Serialize(decision, ExplainJson.Default.KernelDecision)).Append('\n');
            return text.Length > 0 ? text.ToString() : "no line speaks of a part of the box\n";
        });
    }

    /// <summary>Pages of the planes themselves: figures, never what was asked or answered.</summary>
    private IEnumerable<BundleItem> Pages()
    {
        yield return new("control-plane/metrics.txt", "/metrics of the control plane", cancel => PageReader.ReadAsync(places, "daemon", "/metrics", cancel));
        yield return new("inference/metrics.txt", "/metrics of the inference API", cancel => PageReader.ReadAsync(places, "inference", "/metrics", cancel));
        yield return new("inference/ready.json", "/ready of the inference API", cancel => PageReader.ReadAsync(places, "inference", "/ready", cancel));
        yield return BundleItem.Of("inference/models.txt", "names and sizes of model files", () => Listing(Path.Combine(places.Run.State, "models"), depth: 2));
        yield return Command("gpu/nvidia-smi.txt", "nvidia-smi", "-q");
        yield return Command("gpu/topology.txt", "nvidia-smi", "topo", "-m");
    }

    private IEnumerable<BundleItem> Machine()
    {
        var facts = new MachineFacts(places);
        yield return BundleItem.Of("machine/system.txt", "release, kernel, board, processors, memory, uptime", facts.System);
        yield return BundleItem.Of("machine/disks.txt", "file systems with room, block devices", facts.Disks);
        yield return BundleItem.Of("machine/network.txt", "interfaces, name servers, listening ports", facts.Network);
        yield return BundleItem.Of("machine/pci.txt", "devices with driver, link and error counters", facts.Pci);
        string[] show = ["show", "--no-pager", "-p", "Id,LoadState,ActiveState,SubState,Result,NRestarts,MainPID,ExecMainStatus,ExecMainStartTimestamp,ActiveEnterTimestamp,StatusText,MemoryCurrent,TasksCurrent"];
        yield return Command("machine/units.txt", "systemctl", [.. show, .. Units]);
        yield return Command("machine/failed-units.txt", "systemctl", "--failed", "--no-pager", "--plain");
        yield return Command(
            "machine/packages.txt", "dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Abbrev}\\n",
            "appliance", "bmc-agent", "inference-core", "mosquitto", "systemd", "linux-image-*", "nvidia-*", "libnvidia-*", "cuda-*", "doca-*");
        yield return Command("machine/time.txt", "timedatectl", "show");
        yield return Command("machine/time-sources.txt", "chronyc", "-n", "sources");
    }

    private static Screen Plain { get; } = new(120, 50, Colour: false, Unicode: true);

    private static BundleItem TailOf(string path, string file) => BundleItem.Of(path, file, () => FileTail.Read(file, 4 * 1024 * 1024));

    private BundleItem Command(string path, string program, params string[] arguments) =>
        new(path, $"{program} {string.Join(' ', arguments)}", cancel => CommandRun.ReadAsync(places.Commands, program, arguments, cancel));

    private async Task<string> KernelAsync(CancellationToken cancel)
    {
        try
        {
            return await CommandRun.ReadAsync(places.Commands, "journalctl", ["--no-pager", "-q", "-k", "-n", "20000", "-o", "short-monotonic"], cancel).ConfigureAwait(false);
        }
        catch (BundleGapException)
        {
            return await CommandRun.ReadAsync(places.Commands, "dmesg", [], cancel).ConfigureAwait(false);
        }
    }

    private static string Indented(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new() { Indented = true }))
            document.WriteTo(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static byte[] ReadWhole(string file) => File.Exists(file) ? File.ReadAllBytes(file) : throw new BundleGapException($"{file} is not there");

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines) + "\n";

    private static string Listing(string folder, int depth)
    {
        if (!Directory.Exists(folder))
            throw new BundleGapException($"{folder} is not there");
        var text = new StringBuilder();
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = depth, IgnoreInaccessible = true })
            .OrderBy(f => f.FullName, StringComparer.Ordinal).Take(2000))
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{file.Length,15} {file.LastWriteTimeUtc:yyyy-MM-dd HH:mm:ss}Z {Path.GetRelativePath(folder, file.FullName)}\n");
        return text.ToString();
    }
}
