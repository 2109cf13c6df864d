using Appliance.Model;

namespace SimulationTests.Health;

/// <summary>One healthy H100 of the corpus, its values to be spoilt by a fault. Numbers as two real boards gave them.</summary>
internal sealed class CorpusGpu(int index)
{
    public int Index { get; } = index;
    public string Bus { get; } = $"00000000:{0x1b + index * 0x10:X2}:00.0";
    public string Short => $"0000:{0x1b + Index * 0x10:x2}:00";
    public GpuAccess Access = GpuAccess.Good;
    public TimeSpan? HungSince;
    public string Serial = $"16500000{index:00}000";
    public string Vbios = "96.00.DA.00.0C";
    public string Inforom = "G520.0200.00.05";
    public string Gsp = "580.159.04";
    public bool Persistence = true, Ecc = true, Mig, InforomValid = true;
    public int ComputeMode, Recovery;
    public double? PowerW = 560;
    public double LimitW = 700, EnergyJ = 1.6e7 + index * 1e5;
    public double TemperatureK = 0.052, CoolantC = 38, HbmC = 62, MarginK = 24;
    public double ClockMhz = 1755, ClockFactor = 1, GpuPercent = 98;
    public long Reasons, PowerNs, SoftNs, HardNs, BrakeNs;
    public double UsedMib = 62_000;
    public long Corrected, Uncorrected, Sram;
    public bool SramThreshold, Unrepairable, RemapPending, RemapFailed;
    public int RemapUncorrectable, BanksNone;
    public int Generation = 5, Width = 16, MaxGeneration = 5, MaxWidth = 16, IdleGeneration = 1;
    public long PcieReplays = index % 3, L0 = 376 + index, Receiver = 2, Correctable, NonFatal, Fatal, BadTlp = 3;
    public readonly CorpusLink[] Links = [.. Enumerable.Range(0, 18).Select(l => new CorpusLink { CrcData = 40 + 7 * l, EccData = 60 + 5 * l })];
    public FabricState State = FabricState.Completed;
    public int Status, Configuration;
    public bool? Degraded = false, RouteUnhealthy = false, RouteRecovery = false;
    public int? NumaNode = index / 4;
    public string CpuAffinity = index < 4 ? "0-55" : "56-111";
    public int?[] P2p = [.. Enumerable.Range(0, 8).Select(p => p == index ? (int?)null : 0)];

    public bool IsLoaded => GpuPercent > 10;

    /// <summary>The counters of a driver that was loaded again.</summary>
    public void Reset()
    {
        (EnergyJ, PowerNs, SoftNs, HardNs, BrakeNs, Corrected, Uncorrected, Sram) = (10, 0, 0, 0, 0, 0, 0, 0);
        (PcieReplays, Correctable, NonFatal, Fatal, L0, Recovery, RemapPending) = (0, 0, 0, 0, 300, 0, false);
        foreach (var link in Links)
            (link.Replays, link.Recoveries, link.Crc, link.CrcData, link.EccData) = (0, 0, 0, 20, 30);
    }

    public GpuHealth Read(TimeSpan at)
    {
        var temperature = PowerW is { } w ? Math.Round(CoolantC + TemperatureK * w) : (double?)null;
        return new()
        {
            Index = Index,
            Access = Access,
            HungSince = HungSince,
            Identity = new()
            {
                At = at,
                Name = "NVIDIA H100 80GB HBM3",
                Uuid = $"GPU-{Index}",
                Serial = Serial,
                ModuleId = Index + 1,
                PciBusId = Bus,
                MinorNumber = Index,
                BoardPartNumber = "692-2G520-0200-000",
                VbiosVersion = Vbios,
                InforomImageVersion = Inforom,
                GspFirmwareVersion = Gsp,
                GspEnabled = true,
                InforomValid = InforomValid,
            },
            Modes = new() { At = at, Persistence = Persistence, EccEnabled = Ecc, EccPending = Ecc, MigEnabled = Mig, MigPending = Mig, ComputeMode = ComputeMode, RecoveryAction = Recovery },
            Power = new() { At = at, PowerW = PowerW, AverageW = PowerW, LimitW = LimitW, DefaultLimitW = 700, MinLimitW = 200, MaxLimitW = 700, EnergyJ = EnergyJ },
            Heat = new() { At = at, TemperatureC = temperature, MemoryTemperatureC = HbmC, MarginK = MarginK, ShutdownMarginK = -8, SlowdownMarginK = -2, MemoryMaxMarginK = 0, GpuMaxMarginK = 0 },
            Clocks = new()
            {
                At = at,
                SmMhz = ClockMhz * ClockFactor,
                MemoryMhz = 2619,
                SmMaxMhz = 1980,
                MemoryMaxMhz = 2619,
                PerformanceState = IsLoaded ? 0 : 8,
                EventReasons = Reasons | (!IsLoaded ? 1L : PowerW > 0.95 * LimitW ? 4L : 0L),
                SupportedEventReasons = 511,
                PowerViolationNs = PowerNs,
                ThermalViolationNs = SoftNs + HardNs,
                SoftwareThermalNs = SoftNs,
                HardwareThermalNs = HardNs,
                PowerBrakeNs = BrakeNs,
            },
            Load = new() { At = at, GpuPercent = GpuPercent, MemoryPercent = GpuPercent / 2, MemoryTotalMib = 81_559, MemoryUsedMib = UsedMib, MemoryFreeMib = 81_559 - UsedMib, MemoryReservedMib = 600 },
            Ecc = new()
            {
                At = at,
                VolatileCorrected = Corrected,
                VolatileUncorrected = Uncorrected,
                AggregateCorrected = Corrected + 17,
                AggregateUncorrected = Uncorrected + 1,
                SramVolatileUncorrected = Sram,
                SramAggregateCorrected = 3,
                SramAggregateUncorrected = Sram,
                SramThresholdExceeded = SramThreshold,
                UnrepairableMemory = Unrepairable,
            },
            RowRemaps = new() { At = at, Correctable = 0, Uncorrectable = 1 + RemapUncorrectable, Pending = RemapPending, Failed = RemapFailed, BanksMax = 2559 - BanksNone, BanksHigh = 1, BanksPartial = 0, BanksLow = 0, BanksNone = BanksNone },
            Pcie = new()
            {
                At = at,
                Generation = IsLoaded ? Generation : IdleGeneration,
                Width = Width,
                MaxGeneration = MaxGeneration,
                MaxWidth = MaxWidth,
                GpuMaxGeneration = 5,
                Replays = PcieReplays,
                ReplayRollovers = 0,
                L0ToRecovery = L0,
                CorrectableErrors = Correctable,
                NaksReceived = 0,
                ReceiverErrors = Receiver,
                BadTlps = BadTlp,
                NaksSent = 2,
                BadDllps = 0,
                NonFatalErrors = NonFatal,
                FatalErrors = Fatal,
                LcrcErrors = 0,
                LaneErrors = 0,
                AerCorrectable = Correctable,
                AerNonFatal = NonFatal,
                AerFatal = Fatal,
            },
            Nvlinks = new()
            {
                At = at,
                Fitted = 18,
                ToSwitch = 18,
                Links = [.. Links.Select((l, i) => new NvlinkHealth { Link = i, Up = l.Up, Version = 6, SpeedMbS = l.Up ? l.Speed : 0, Replays = l.Replays, Recoveries = l.Recoveries, CrcErrors = l.Crc, CrcData = l.CrcData, EccData = l.EccData, RemoteType = 2 })],
            },
            Fabric = new()
            {
                At = at,
                State = State,
                Status = Status,
                CliqueId = 0,
                HealthMask = Degraded == true ? 1 : 2,
                DegradedBandwidth = Degraded,
                RouteUnhealthy = RouteUnhealthy,
                RouteRecovery = RouteRecovery,
                AccessTimeoutRecovery = false,
                PartitionAssigned = null,
                IncorrectConfiguration = Configuration,
                Summary = 1,
            },
            Topology = new() { At = at, NumaNode = NumaNode, CpuAffinity = CpuAffinity, P2pRead = P2p, P2pNvlink = P2p },
        };
    }
}

internal sealed class CorpusLink
{
    public bool Up = true;
    public int Speed = 26_562;
    public long Replays, Recoveries, Crc, CrcData, EccData;
}
