using System.Globalization;
using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>The host as /proc and /sys tell it: boot, driver module, peermem, memory, processes that do not move, who keeps the time.</summary>
internal sealed class HostFacts(string sysRoot)
{
    private static readonly string[] _timeKeepers = ["chronyd", "systemd-timesyn", "ntpd", "ptp4l", "phc2sys"];

    private readonly string _proc = Path.Combine(sysRoot, "proc");
    private readonly string _sys = Path.Combine(sysRoot, "sys");
    private HashSet<int> _waiting = [];
    private HashSet<string> _names = new(StringComparer.Ordinal);
    private int? _managerPid;

    /// <summary>One walk over /proc serves this, the clock's source and the Fabric Manager; call it first.</summary>
    public HostHealth Read(TimeSpan now)
    {
        var stuck = Walk();
        var module = KernelText.Read(Path.Combine(_sys, "module", "nvidia", "version"));
        return new()
        {
            At = now,
            BootId = KernelText.Read(Path.Combine(_proc, "sys", "kernel", "random", "boot_id")),
            KernelVersion = KernelText.Read(Path.Combine(_proc, "sys", "kernel", "osrelease")),
            DriverModuleVersion = module,
            PeermemLoaded = module is null ? null : Directory.Exists(Path.Combine(_sys, "module", "nvidia_peermem")),
            DmabufAvailable = module is null ? null : IsOpenModule() && IsKernelNewEnough(),
            StuckProcesses = stuck,
            MemoryTotalMib = Memory("MemTotal:"),
            MemoryAvailableMib = Memory("MemAvailable:"),
            NumaCpus = NumaCpus(),
            DimmCorrected = Dimms("ce_count"),
            DimmUncorrected = Dimms("ue_count"),
        };
    }

    public ClockHealth ReadClock(TimeSpan now)
    {
        var sources = _timeKeepers.Where(_names.Contains).Select(s => s == "systemd-timesyn" ? "systemd-timesyncd" : s).ToArray();
        var clock = ClockInterop.Read(out var read) ? read : new();
        return clock with { At = now, Source = sources.Length > 0 ? string.Join('+', sources) : null };
    }

    public FabricHealth ReadFabric(TimeSpan now)
    {
        var switches = KernelText.Entries(Path.Combine(sysRoot, "dev")).Count(IsSwitch);
        return new() { At = now, Switches = switches, ManagerAlive = _managerPid is not null, ManagerPid = _managerPid };
    }

    private static bool IsSwitch(string name) => name.StartsWith("nvidia-nvswitch", StringComparison.Ordinal)
        && int.TryParse(name.AsSpan("nvidia-nvswitch".Length), NumberStyles.None, CultureInfo.InvariantCulture, out _); // nvidia-nvswitchctl is no switch

    /// <summary>Names, the Fabric Manager's pid, and how many processes were in uninterruptible sleep at this look and the last.</summary>
    private int Walk()
    {
        var waiting = new HashSet<int>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        _managerPid = null;
        foreach (var entry in KernelText.Entries(_proc))
        {
            if (!int.TryParse(entry, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) || KernelText.Read(Path.Combine(_proc, entry, "stat")) is not { } stat)
                continue;
            var (open, close) = (stat.IndexOf('(', StringComparison.Ordinal), stat.LastIndexOf(')'));
            if (open < 0 || close < open || close + 2 >= stat.Length)
                continue;
            var (name, state) = (stat[(open + 1)..close], stat[close + 2]);
            names.Add(name);
            if (name.StartsWith("nv-fabricmanage", StringComparison.Ordinal) && state is not ('Z' or 'X')) // the kernel keeps fifteen characters
                _managerPid = pid;
            if (state == 'D')
                waiting.Add(pid);
        }

        var stuck = waiting.Count(_waiting.Contains);
        (_waiting, _names) = (waiting, names);
        return stuck;
    }

    private bool IsOpenModule() =>
        KernelText.Read(Path.Combine(_proc, "driver", "nvidia", "version"))?.Contains("Open Kernel Module", StringComparison.Ordinal) == true;

    /// <summary>DMA buffers for RDMA came with Linux 5.12.</summary>
    private bool IsKernelNewEnough()
    {
        var numbers = KernelText.Read(Path.Combine(_proc, "sys", "kernel", "osrelease"))?.Split('.', '-') ?? [];
        return numbers.Length > 1 && int.TryParse(numbers[0], CultureInfo.InvariantCulture, out var major)
            && int.TryParse(numbers[1], CultureInfo.InvariantCulture, out var minor) && (major, minor).CompareTo((5, 12)) >= 0;
    }

    private double? Memory(string key)
    {
        var line = KernelText.Lines(Path.Combine(_proc, "meminfo")).FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
        return line?[key.Length..].Trim().Split(' ')[0] is { } kib && long.TryParse(kib, CultureInfo.InvariantCulture, out var number) ? Math.Round(number / 1024.0, 1) : null;
    }

    /// <summary>Null where the kernel shows no nodes.</summary>
    private string?[]? NumaCpus()
    {
        const int NodeLimit = 64;
        var folder = Path.Combine(_sys, "devices", "system", "node");
        var numbers = KernelText.Entries(folder).Where(e => e.StartsWith("node", StringComparison.Ordinal))
            .Select(e => int.TryParse(e.AsSpan("node".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var node) ? node : -1)
            .Where(node => node is >= 0 and < NodeLimit).ToArray();
        if (numbers.Length == 0)
            return null;
        var cpus = new string?[numbers.Max() + 1];
        foreach (var node in numbers)
            cpus[node] = KernelText.Read(Path.Combine(folder, $"node{node}", "cpulist")) ?? "";
        return cpus;
    }

    private long? Dimms(string counter)
    {
        var folder = Path.Combine(_sys, "devices", "system", "edac", "mc");
        var counts = KernelText.Entries(folder).Where(e => e.StartsWith("mc", StringComparison.Ordinal))
            .Select(mc => KernelText.Number(Path.Combine(folder, mc, counter))).Where(c => c is not null).ToArray();
        return counts.Length > 0 ? counts.Sum() : null;
    }
}
