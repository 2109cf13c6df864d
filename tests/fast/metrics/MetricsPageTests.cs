using Appliance.Bus;
using Appliance.Daemon.Loop;
using Appliance.Daemon.Metrics;
using Appliance.Hardware;
using Appliance.Model;
using FastTests.Tidy;

namespace FastTests.Metrics;

public sealed class MetricsPageTests
{
    /// <summary>What dcgm-exporter's default-counters.csv lists, its label left out; the five profiling metrics are there for who asks.</summary>
    private static readonly string[] DcgmDefaults =
    [
        "SM_CLOCK", "MEM_CLOCK", "MEMORY_TEMP", "GPU_TEMP", "POWER_USAGE", "TOTAL_ENERGY_CONSUMPTION", "PCIE_REPLAY_COUNTER", "GPU_UTIL",
        "MEM_COPY_UTIL", "ENC_UTIL", "DEC_UTIL", "XID_ERRORS", "FB_FREE", "FB_USED", "FB_RESERVED", "NVLINK_BANDWIDTH_TOTAL",
        "VGPU_LICENSE_STATUS", "UNCORRECTABLE_REMAPPED_ROWS", "CORRECTABLE_REMAPPED_ROWS", "ROW_REMAP_FAILURE",
    ];

    private static readonly Moment Now = new(TimeSpan.FromSeconds(100), new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public void The_page_is_the_golden_one()
    {
        var path = Path.Combine(Repository.Root, "tests", "golden", "metrics.txt");
        var page = MetricsPage.Render(Source());
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
            File.WriteAllText(path, page);
        Assert.Equal(File.ReadAllText(path), page);
    }

    [Fact]
    public void Every_default_name_of_the_DCGM_exporter_is_there_with_its_labels()
    {
        var samples = MetricsPage.Render(Source()).Split('\n').Where(l => l.StartsWith("DCGM_", StringComparison.Ordinal)).ToArray();
        Assert.Equal(DcgmDefaults.Order(), samples.Select(l => l["DCGM_FI_DEV_".Length..l.IndexOf('{', StringComparison.Ordinal)]).Distinct().Order());
        Assert.All(samples, l => Assert.Contains(
            "{gpu=\"0\",UUID=\"GPU-0\",pci_bus_id=\"00000000:1B:00.0\",device=\"nvidia0\",modelName=\"NVIDIA H100 80GB HBM3\",Hostname=\"box1\",DCGM_FI_DRIVER_VERSION=\"580.159\"}",
            l, StringComparison.Ordinal));
    }

    [Fact]
    public void Profiling_metrics_are_there_for_who_asks_and_while_they_are_read()
    {
        var profile = new GpuProfile { At = Now.Uptime, GraphicsActive = 0.9, TensorActive = 0.5, MemoryActive = 0.4, PcieSentBytesPerS = 1e9, PcieReceivedBytesPerS = 2e9 };
        var source = Source();
        var asked = source with { Profiling = true, Health = source.Health! with { Gpus = [source.Health!.Gpus[0] with { Profile = profile }] } };
        Assert.Equal(
            [("GR_ENGINE_ACTIVE", "0.9"), ("PIPE_TENSOR_ACTIVE", "0.5"), ("DRAM_ACTIVE", "0.4"), ("PCIE_TX_BYTES", "1000000000"), ("PCIE_RX_BYTES", "2000000000")],
            Profiles(asked));
        Assert.Empty(Profiles(asked with { Profiling = false }));
        Assert.Empty(Profiles(asked with { Now = Now with { Uptime = Now.Uptime + TimeSpan.FromSeconds(11) } }));
    }

    [Fact]
    public void A_gpu_that_hangs_grows_absent_instead_of_standing_still()
    {
        var source = Source();
        var hung = source with
        {
            Now = Now with { Uptime = Now.Uptime + TimeSpan.FromSeconds(11) },
            Health = source.Health! with { Gpus = [source.Health!.Gpus[0] with { Access = GpuAccess.Hung }] },
        };
        Assert.Contains("DCGM_FI_DEV_GPU_TEMP{", MetricsPage.Render(source), StringComparison.Ordinal);
        Assert.DoesNotContain("DCGM_FI_DEV_GPU_TEMP", MetricsPage.Render(hung), StringComparison.Ordinal);
    }

    [Fact]
    public void A_loop_that_has_fallen_silent_shows_no_coolant_temperature()
    {
        var late = Source() with { Now = Now with { Utc = Now.Utc.AddSeconds(4) } };
        Assert.DoesNotContain("appliance_coolant_supply_celsius", MetricsPage.Render(late), StringComparison.Ordinal);
        Assert.Contains("appliance_loop_ticks_total", MetricsPage.Render(late), StringComparison.Ordinal);
    }

    [Fact]
    public void Lateness_is_counted_in_the_bucket_whose_bound_it_does_not_pass()
    {
        var lateness = new LatenessHistogram();
        foreach (var ms in new[] { 0.05, 0.95, 1.05, 4.95, 50.05, 150 })
            lateness.Add(ms);
        var (counts, sum) = lateness.Buckets([0.001, 0.005, 0.05]);
        Assert.Equal([2, 2, 0, 2], counts);
        Assert.Equal(0.20705, sum, 6);
    }

    private static IEnumerable<(string Name, string Value)> Profiles(MetricsSource source) => MetricsPage.Render(source).Split('\n')
        .Where(l => l.StartsWith("DCGM_FI_PROF_", StringComparison.Ordinal))
        .Select(l => (l["DCGM_FI_PROF_".Length..l.IndexOf('{', StringComparison.Ordinal)], l[(l.LastIndexOf(' ') + 1)..]));

    private static MetricsSource Source()
    {
        var lateness = new LatenessHistogram();
        lateness.Add(0.05);
        lateness.Add(7);
        return new(
            Now, "0.1.0", BoardCatalogue.Load("hgx-h100-8"), Snapshot(), Health(), [("0000:1b:00", 13, 2, false), ("0000:1b:00", 31, 1, true)],
            new(Ticks: 1000, Missed: 1, Faults: 0, lateness), BusConnected: true,
            new BusCounters(10, 0, 1, 2, 0, 3, 0), new OutboxStatus(1, 12, 10, 0, null));
    }

    private static Snapshot Snapshot() => new()
    {
        Node = "box1",
        Thermal = new()
        {
            Ts = Now.Utc,
            Mode = "running",
            CoolantSupplyC = 38.1,
            CoolantReturnC = 46,
            FlowLMin = 9,
            SetpointC = 38,
            BandK = 2,
            HeatW = 4000,
            CapacityW = 6000,
            AmbientC = 25,
            HumidityPercent = 45,
            DewPointC = 12.2,
            LevelPercent = 100,
            Fans = [new("fan1", 70, 4000, "ok", "return"), new("fan2", 100, null, "tach_lost", "return")],
            Pumps = [new("pump1", 60, 3500, "ok", "heat")],
            Sensors = [new("coolant_supply1", 38.1, "C", Quality.Good), new("coolant_supply2", null, "C", Quality.Absent)],
        },
        Gpus =
        [
            new()
            {
                Ts = Now.Utc, Index = 0, Uuid = "GPU-0", State = "ok", TemperatureC = 60, MemoryTemperatureC = 70, MarginK = 27, PowerW = 500,
                PowerLimitW = 700, UtilizationPercent = 80, MemoryUsedMib = 1024, MemoryTotalMib = 81559,
            },
        ],
        Power = new() { Ts = Now.Utc, GpusW = 4000, FansW = 200, PumpsW = 40, TotalW = 4240, WithheldWh = 0.5 },
        Alarms = [new("fan_tach_lost", "fan2", Severity.Warning, "t", "n", Now.Utc)],
    };

    private static BoxHealth Health() => new()
    {
        At = Now.Uptime,
        Probe = new() { At = Now.Uptime, DriverVersion = "580.159" },
        Fabric = new() { At = Now.Uptime, ManagerAlive = true },
        Clock = new() { At = Now.Uptime, Synchronised = true, OffsetUs = -12, MaxErrorUs = 900 },
        Host = new() { At = Now.Uptime, MemoryTotalMib = 2048, MemoryAvailableMib = 1024, DimmCorrected = 0, DimmUncorrected = 0 },
        Disks =
        [
            new()
            {
                At = Now.Uptime, Name = "nvme0n1", Model = "M",
                Smart = new() { At = Now.Uptime, PercentageUsed = 3, TemperatureC = 41, MediaErrors = 0 },
            },
        ],
        Mounts = [new() { At = Now.Uptime, Point = "/", Device = "/dev/nvme0n1p2", FileSystem = "ext4", SizeBytes = 1000, FreeBytes = 400 }],
        Raids = [new() { At = Now.Uptime, Name = "md0", Degraded = 0 }],
        RdmaPorts =
        [
            new()
            {
                At = Now.Uptime, Device = "mlx5_0", Port = 1, State = "ACTIVE", RateGbS = 400, SentBytes = 5, ReceivedBytes = 6, LinkDowned = 0,
                SymbolErrors = 3, ReceiveErrors = 0, TransmitDiscards = 0, LatencyUs = 2,
            },
        ],
        Gpus =
        [
            new()
            {
                Index = 0, Access = GpuAccess.Good,
                Identity = new() { At = Now.Uptime, Name = "NVIDIA H100 80GB HBM3", Uuid = "GPU-0", PciBusId = "00000000:1B:00.0", MinorNumber = 0 },
                Power = new() { At = Now.Uptime, PowerW = 500, EnergyJ = 1234.5 },
                Heat = new() { At = Now.Uptime, TemperatureC = 60, MemoryTemperatureC = 70, MarginK = 27 },
                Clocks = new() { At = Now.Uptime, SmMhz = 1755, MemoryMhz = 2619, PowerViolationNs = 2_000_000_000, ThermalViolationNs = 0 },
                Load = new()
                {
                    At = Now.Uptime, GpuPercent = 80, MemoryPercent = 40, EncoderPercent = 0, DecoderPercent = 0, MemoryTotalMib = 81559, MemoryUsedMib = 1024,
                    MemoryFreeMib = 79907, MemoryReservedMib = 628,
                },
                Ecc = new() { At = Now.Uptime, VolatileCorrected = 1, VolatileUncorrected = 0 },
                RowRemaps = new() { At = Now.Uptime, Correctable = 0, Uncorrectable = 1, Pending = true, Failed = false },
                Pcie = new() { At = Now.Uptime, Generation = 5, Width = 16, Replays = 2, SentBytes = 10240, ReceivedBytes = 20480 },
                Nvlinks = new() { At = Now.Uptime, Fitted = 18, SentKib = 100, ReceivedKib = 200, Links = [new() { Link = 0, Up = true, Replays = 1, Recoveries = 0, CrcErrors = 0 }] },
            },
        ],
    };
}
