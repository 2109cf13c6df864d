using Appliance.Health.Board;
using Appliance.Model;

namespace SimulationTests.Health;

/// <summary>
/// A healthy box as its sweeps show it, second by second, with the noise that healthy boxes make. Faults are written into its fields; it
/// knows nothing of the rules.
/// </summary>
internal sealed class CorpusBox
{
    private readonly List<KernelLine> _log = [];
    private readonly List<NvmlEvent> _events = [];
    private long _sequence;
    private int _boot = 1;

    public CorpusBox(int seed)
    {
        Random = new(seed);
        Gpus = [.. Enumerable.Range(0, 8).Select(i => new CorpusGpu(i))];
        foreach (var gpu in Gpus)
            (gpu.TemperatureK, gpu.ClockFactor) = (0.052 * (1 + 0.04 * Gauss()), 1 + 0.015 * Gauss());
    }

    public Random Random { get; }

    public TimeSpan Now { get; private set; } = TimeSpan.FromHours(3);

    public DateTimeOffset Utc => new DateTimeOffset(2026, 11, 25, 0, 0, 0, TimeSpan.Zero) + _uptimeBefore + Now;

    public CorpusGpu[] Gpus { get; }

    public CorpusPort[] Ports { get; } = [.. Enumerable.Range(0, 8).Select(i => new CorpusPort(i))];

    public CorpusDisk[] Disks { get; } = [.. Enumerable.Range(0, 4).Select(i => new CorpusDisk($"nvme{i}n1"))];

    public ProbeState Probe = ProbeState.Working;
    public string LibraryVersion = "580.159.04";
    public int Switches = 4;
    public bool ManagerAlive = true, Peermem = true;
    public int RaidDegraded;
    public double FreeShare = 0.4, InodeShare = 0.9;
    public bool RootReadOnly;
    public string? ClockSource = "chronyd";
    public double ClockOffsetUs, CoolantC = 38;
    public bool ClockSynchronised = true;
    public long DimmCorrected = 3, DimmUncorrected;
    public double?[] OwnLimitW = new double?[8];
    public bool Parked;
    public ServiceView? Service = new() { FreeCacheMib = [.. Enumerable.Repeat<double?>(20_000, 8)] };
    public long Requests, ServerErrors, Lost;
    public double InterTokenMs = 28, FirstTokenMs = 400;

    private TimeSpan _uptimeBefore;

    /// <summary>The shares of noise: how many exceptions, page faults and the like a day.</summary>
    public bool Noisy { get; init; }

    /// <summary>How much more than on a box that lives for years: a short story should meet some of it.</summary>
    public double NoiseScale { get; init; } = 1;

    public void Log(string text, int level = 4) => _log.Add(new(_sequence++, Now, level, text));

    public void Xid(int gpu, int code, string said = "", string process = "pid='<unknown>', name=<unknown>", bool withEvent = false)
    {
        Log($"NVRM: Xid (PCI:{Gpus[gpu].Short}): {code}, {process}{(said.Length == 0 ? "" : ", " + said)}", 3);
        if (withEvent)
            _events.Add(new(Now, gpu, Gpus[gpu].Bus, NvmlEvent.XidCriticalError, code));
    }

    /// <summary>Power off and on: the kernel counts anew, the parts are the same.</summary>
    public void Reboot()
    {
        _uptimeBefore += Now;
        Now = TimeSpan.FromSeconds(40);
        _boot++;
        _sequence = 0;
        foreach (var gpu in Gpus)
        {
            gpu.Reset();
            gpu.State = FabricState.NotStarted;
        }

        foreach (var port in Ports)
        {
            port.Reset();
            (port.State, port.Phys) = ("INIT", "LinkUp");
        }

        ClockSynchronised = false;
        Log("Linux version 6.8.0", 5);
        Log("NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  580.159.04", 5);
    }

    public (IReadOnlyList<KernelLine> Lines, IReadOnlyList<NvmlEvent> Events) TakeLog()
    {
        var taken = (_log.ToArray(), _events.ToArray());
        _log.Clear();
        _events.Clear();
        return taken;
    }

    public BoardView Sweep(TimeSpan step)
    {
        Now += step;
        Live(step.TotalSeconds);
        if (Noisy)
            CorpusNoise.Make(this, step.TotalSeconds);
        return new()
        {
            Now = Now,
            GpusFitted = 8,
            OwnLimitW = OwnLimitW,
            EngineParked = Parked,
            CoolantC = CoolantC,
            Service = Service is { } service ? service with
            {
                At = Now,
                Requests = Requests,
                ServerErrors = ServerErrors,
                Lost = Lost,
                LatencySamples = 2000,
                InterTokenP99Ms = InterTokenMs,
                FirstTokenP99Ms = FirstTokenMs,
                PromptTokens = 600,
            } : null,
            Health = new()
            {
                At = Now,
                Probe = new() { At = Now, State = Probe, BlindSince = Probe == ProbeState.Blind ? Now - TimeSpan.FromSeconds(2) : null, DriverVersion = "580.159.04", LibraryVersion = LibraryVersion, GpusFound = 8 },
                Gpus = [.. Gpus.Select(g => g.Read(Now))],
                Fabric = new() { At = Now, Switches = Switches, ManagerAlive = ManagerAlive, ManagerPid = ManagerAlive ? 4711 : null },
                RdmaPorts = [.. Ports.Where(p => p.Present).Select(p => p.Read(Now))],
                Disks = [.. Disks.Where(d => d.Present).Select(d => d.Read(Now))],
                Raids = [new() { At = Now, Name = "md0", Level = "raid1", State = "clean", Disks = 2, Degraded = RaidDegraded, SyncAction = "idle", Mismatches = 0 }],
                Mounts = [new() { At = Now, Point = "/", Device = "/dev/md0", FileSystem = "ext4", ReadOnly = RootReadOnly, SizeBytes = 1_000_000_000_000, FreeBytes = (long)(1e12 * FreeShare), Inodes = 60_000_000, FreeInodes = (long)(6e7 * InodeShare) }],
                Clock = new() { At = Now, Synchronised = ClockSynchronised, OffsetUs = ClockOffsetUs + 12 * Gauss(), EstimatedErrorUs = 40, Source = ClockSource },
                Host = new() { At = Now, BootId = $"boot-{_boot}", KernelVersion = "6.8.0", DriverModuleVersion = "580.159.04", PeermemLoaded = Peermem, DmabufAvailable = false, StuckProcesses = 0, NumaCpus = ["0-55", "56-111"], DimmCorrected = DimmCorrected, DimmUncorrected = DimmUncorrected },
            },
        };
    }

    public double Gauss() => Math.Sqrt(-2 * Math.Log(1 - Random.NextDouble())) * Math.Cos(2 * Math.PI * Random.NextDouble());

    /// <summary>What every healthy box does all the time.</summary>
    private void Live(double seconds)
    {
        foreach (var gpu in Gpus)
        {
            if (gpu.PowerW is { } power && gpu.IsLoaded)
                gpu.PowerW = Math.Clamp(power + 6 * Gauss() + 0.4 * (gpu.LimitW * 0.985 - power), 100, gpu.LimitW + 20);
            gpu.CoolantC = CoolantC;
            gpu.EnergyJ += (gpu.PowerW ?? 500) * seconds;
            gpu.PowerNs += gpu.IsLoaded ? (long)(seconds * 4e8) : 0; // capped by power a good part of the time: normal at full load
            gpu.SoftNs += Random.Next(0, 900);
            gpu.Links[Random.Next(18)].CrcData += Random.Next(0, 2);
            if (gpu.State == FabricState.NotStarted && Now < TimeSpan.FromMinutes(10))
                gpu.State = Now > TimeSpan.FromSeconds(85) ? FabricState.Completed : FabricState.NotStarted;
        }

        // After a boot the subnet manager and the time servers take their time.
        if (_boot > 1 && Now < TimeSpan.FromMinutes(10))
        {
            ClockSynchronised = Now > TimeSpan.FromSeconds(150);
            foreach (var port in Ports.Where(_ => Now > TimeSpan.FromSeconds(95)))
                port.State = "ACTIVE";
        }

        foreach (var port in Ports)
            port.Symbols += Random.Next(0, 3); // before forward error correction: normal at NDR
        Requests += (long)(seconds * 20);
        ClockOffsetUs *= 0.98;
    }
}

internal sealed class CorpusPort(int index)
{
    public string Device { get; } = $"mlx5_{index}";
    public string Bus { get; } = $"0000:{0x18 + index * 0x10:x2}:00.0";
    public int NumaNode = index / 4;
    public bool Present = true;
    public string State = "ACTIVE", Phys = "LinkUp", Firmware = "28.39.1002";
    public double Rate = 400;
    public long Symbols = 1200, Recoveries, Downed, Receive = 4, Discards = 10, Integrity, Overruns, Rnr, AckTimeouts = 2, SlowRestarts, Carrier = 3;
    public double? LatencyUs = 18;

    public void Reset() => (Symbols, Recoveries, Downed, Receive, Discards, AckTimeouts, Carrier) = (0, 0, 0, 0, 0, 0, 1);

    public RdmaPortHealth Read(TimeSpan at) => new()
    {
        At = at,
        Device = Device,
        Port = 1,
        HcaType = "MT4129",
        BoardId = "MT_0000000838",
        FirmwareVersion = Firmware,
        PciBusId = Bus,
        NumaNode = NumaNode,
        LinkLayer = "InfiniBand",
        State = State,
        PhysState = Phys,
        RateGbS = Rate,
        RateText = $"{Rate:0} Gb/sec (4X NDR)",
        NetDevice = $"ibs{Device[^1]}",
        SymbolErrors = Symbols,
        LinkErrorRecoveries = Recoveries,
        LinkDowned = Downed,
        ReceiveErrors = Receive,
        TransmitDiscards = Discards,
        LocalLinkIntegrityErrors = Integrity,
        ExcessiveBufferOverruns = Overruns,
        RnrNakRetryErrors = Rnr,
        LocalAckTimeoutErrors = AckTimeouts,
        RoceSlowRestarts = SlowRestarts,
        CarrierChanges = Carrier,
        LatencyUs = LatencyUs,
    };
}

internal sealed class CorpusDisk(string name)
{
    public string Name { get; } = name;
    public bool Present = true;
    public string State = "live";
    public int Warning, Spare = 100, Used = 12;
    public long Media = 2, Errors, Timeouts;
    public double Celsius = 41;

    public DiskHealth Read(TimeSpan at) => new()
    {
        At = at,
        Name = Name,
        Model = "MZWLO3T8HCLS",
        Serial = $"S-{Name}",
        Firmware = "OPPA4B5Q",
        Transport = "nvme",
        SizeBytes = 3_840_755_982_336,
        State = State,
        ReadOnly = false,
        IoErrors = Errors,
        IoTimeouts = Timeouts,
        TemperatureC = Celsius,
        Smart = new() { At = at, CriticalWarning = Warning, TemperatureC = (int)Celsius, AvailableSparePercent = Spare, SpareThresholdPercent = 10, PercentageUsed = Used, MediaErrors = Media, UnsafeShutdowns = 5, PowerOnHours = 4000, WrittenTb = 220 },
    };
}
