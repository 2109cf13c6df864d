using System.Globalization;
using System.Text;
using Appliance.Hardware;
using Appliance.Model;
using Appliance.Twin;

namespace Appliance.Daemon.TwinProcess;

/// <summary>
/// The health of the twin as files: what its libnvidia-ml answers from (a text file per GPU, one write each, so that a reader sees one
/// moment), the kernel's log, RDMA ports, disks and what of /proc is read. Written in place, and only what changed.
/// </summary>
internal sealed class TwinHealthTree : IDisposable
{
    private readonly BoxTwin _twin;
    private readonly HealthBank _health;
    private readonly Board _board;
    private readonly string _root;
    private readonly Page[] _gpus;
    private readonly Page _driver;
    private readonly StringBuilder _text = new();
    private readonly Dictionary<string, string> _written = new(StringComparer.Ordinal);
    private readonly string _kernelLog;
    private readonly string _events;
    private long _sequence;
    private int _pushes;

    public TwinHealthTree(BoxTwin twin, HealthBank health, Board board, string root)
    {
        _twin = twin;
        _health = health;
        _board = board;
        _root = root;
        var folder = Path.Combine(root, "twin");
        Directory.CreateDirectory(folder);
        _gpus = [.. Enumerable.Range(0, board.Gpus.Count).Select(i => new Page(Path.Combine(TwinGpuFiles.FolderOf(root, i), "nvml")))];
        _driver = new(Path.Combine(folder, "nvml"));
        _kernelLog = Path.Combine(root, "dev", "kmsg");
        _events = Path.Combine(folder, "events");
        Directory.CreateDirectory(Path.Combine(root, "dev"));
        if (!File.Exists(_events))
            File.WriteAllText(_events, ""); // kept by a twin that begins again: readers hold it open
        File.WriteAllText(_kernelLog, ""); // a twin that begins again is another boot: the kernel's ring and its counting begin anew
        TwinHostFiles.Write(Put);
        for (var i = 0; i < _gpus.Length; i++) // two processors, four GPUs near each
            Put($"sys/bus/pci/devices/{health.Gpu(i).KernelBusId}.0/numa_node", string.Create(CultureInfo.InvariantCulture, $"{i / 4}\n"));
        Log("Linux version 6.1.0-twin (the twin) #1 SMP");
        Log("NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  580.159.04");
        Push();
    }

    /// <summary>Shows what stands; called at the twin's pace.</summary>
    public void Push()
    {
        for (var i = 0; i < _gpus.Length; i++)
            _gpus[i].Show(Describe(i));
        _driver.Show(string.Create(CultureInfo.InvariantCulture,
            $"pid {Environment.ProcessId}\ngpus {_gpus.Length}\ninit {_health.InitCode}\nold {(_health.OldDriver ? 1 : 0)}\n"));
        Tell();
        if (_pushes++ % 5 == 0)
            TwinHostFiles.WriteMoving(_health, Put);
    }

    private void Tell()
    {
        foreach (var message in _health.TakeMessages())
        {
            Log(message.Text);
            File.AppendAllText(_events, string.Create(CultureInfo.InvariantCulture, $"{message.Gpu} {message.Xid}\n"));
        }
    }

    /// <summary>One record as /dev/kmsg gives it: priority, number, uptime in microseconds, flag; then the text.</summary>
    private void Log(string text) => File.AppendAllText(_kernelLog, string.Create(CultureInfo.InvariantCulture,
        $"{(text.Contains("Xid", StringComparison.Ordinal) ? 3 : 6)},{_sequence++},{(long)MonotonicClock.Now.TotalMicroseconds},-;{text}\n"));

    private string Describe(int index)
    {
        var (plant, gpu) = (_twin.Gpu(index), _health.Gpu(index));
        _text.Clear();
        Line("hang", plant.Hung || gpu.Hung ? 1 : 0);
        Line("lost", plant.Lost ? 1 : 0);
        Line("refuse", gpu.Refusal);
        Line("power_mw", plant.PowerW * 1000);
        Line("limit_mw", plant.PowerLimitW * 1000);
        Line("min_limit_mw", _board.Gpus.MinLimitW * 1000);
        Line("max_limit_mw", _board.Gpus.MaxW * 1000);
        Line("energy_mj", gpu.EnergyJ * 1000);
        Line("die_c", plant.TemperatureC);
        Line("memory_c", plant.MemoryTemperatureC);
        Line("margin_k", plant.MarginK);
        Line("sm_mhz", plant.SmClockMhz);
        Line("percent", plant.UtilizationPercent);
        Line("memory_used_mib", plant.MemoryUsedMib);
        Line("memory_total_mib", plant.MemoryTotalMib);
        Line("reasons", (long)plant.ClocksEventReasons | gpu.ClocksEventReasons);
        for (var bit = 2; bit < 8; bit++)
            Line($"reason{bit}_ns", gpu.ReasonNs(bit));
        Line("module", gpu.ModuleId);
        Line("bus", gpu.PciBus);
        Line("serial", long.Parse(gpu.Serial, CultureInfo.InvariantCulture));
        Line("odd", gpu.FirmwareOdd ? 1 : 0);
        Line("persistence", gpu.Persistence ? 1 : 0);
        Line("recovery", gpu.RecoveryAction);
        Line("ecc_corrected", gpu.EccCorrected);
        Line("ecc_uncorrected", gpu.EccUncorrected);
        Line("sram_threshold", gpu.SramThreshold ? 1 : 0);
        Line("remapped", gpu.RemappedUncorrected);
        Line("remap_pending", gpu.RemapPending ? 1 : 0);
        Line("remap_failed", gpu.RemapFailed ? 1 : 0);
        Line("pcie_generation", gpu.PcieGeneration);
        Line("pcie_width", gpu.PcieWidth);
        Line("pcie_replays", gpu.PcieReplays);
        Line("fabric_state", gpu.FabricState);
        Line("fabric_mask", gpu.FabricMask);
        Line("links_down", gpu.LinksDown);
        Line("nvlink_kib", gpu.NvlinkKib);
        for (var link = 0; link < HealthBank.LinksPerGpu; link++)
        {
            if (gpu.LinkErrors(link) is > 0 and var errors)
                Line($"link{link}_errors", errors);
        }

        return _text.ToString();
    }

    private void Line(string key, double value) => _text.Append(key).Append(' ').Append((long)Math.Round(value)).Append('\n');

    /// <summary>An ordinary file below the root, written only when its text is new.</summary>
    private void Put(string path, string text)
    {
        if (_written.TryGetValue(path, out var old) && old == text)
            return;
        _written[path] = text;
        var full = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        if (text.Length == 0)
            File.Delete(full);
        else
            File.WriteAllBytes(full, Encoding.Latin1.GetBytes(text)); // SMART pages are bytes; all else is ASCII
    }

    public void Dispose()
    {
        foreach (var page in _gpus.Append(_driver))
            page.Dispose();
    }

    /// <summary>A text between two equal marks: a reader that sees two different ones caught a write in the middle and reads again.</summary>
    private sealed class Page : IDisposable
    {
        private readonly SysfsFile _file;
        private string _shown = "";
        private int _number;

        public Page(string path)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            _file = SysfsFile.Create(path);
        }

        public void Show(string text)
        {
            if (text == _shown)
                return;
            _shown = text;
            _number++;
            _ = _file.TryWriteText(Encoding.ASCII.GetBytes($"begin {_number}\n{text}end {_number}\n"));
        }

        public void Dispose() => _file.Dispose();
    }
}
