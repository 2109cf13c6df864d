using Appliance.Model;
using static Appliance.Health.KernelLog.FaultAction;
using static SimulationTests.Health.FaultCase;

namespace SimulationTests.Health;

internal static partial class FaultCases
{
    public static IReadOnlyList<FaultCase> All { get; } = [.. Kernel(), .. Gpus(), .. Fabric(), .. Rest()];

    /// <summary>What NVML tells of one GPU.</summary>
    private static IEnumerable<FaultCase> Gpus()
    {
        yield return new("correctable errors, 17 700 a second", "gpu3", RunDiagnostics, (b, _) => b.Gpus[3].Corrected += 17_700);
        yield return new("correctable errors, one a second on a GPU that had none", "gpu3", RunDiagnostics, (b, _) => b.Gpus[3].Corrected++) { Deadline = 180 };
        yield return new("correctable errors, far above what this GPU always had", "gpu3", RunDiagnostics, (b, s) => b.Gpus[3].Corrected += 2)
        {
            WarmUp = 1500,
            Deadline = 700,
            Step = 5,
            Prepare = b => b.Gpus[3].Corrected = 5000,
        };
        yield return new("uncorrectable error since the driver was loaded", "gpu5", ResetGpu, Once(b => b.Gpus[5].Uncorrected = 1));
        yield return new("uncorrectable SRAM error", "gpu5", ResetGpu, Once(b => b.Gpus[5].Sram = 1));
        yield return new("SRAM threshold of the vendor passed", "gpu5", RunFieldDiagnostics, Once(b => b.Gpus[5].SramThreshold = true));
        yield return new("memory that cannot be repaired", "gpu5", ReplacePart, Once(b => b.Gpus[5].Unrepairable = true));
        yield return new("row remap pending", "gpu1", ResetGpu, Once(b => b.Gpus[1].RemapPending = true));
        yield return new("row remap failed", "gpu1", ReplacePart, Once(b => b.Gpus[1].RemapFailed = true));
        yield return new("512 rows remapped", "gpu1", ReplacePart, Once(b => b.Gpus[1].RemapUncorrectable = 512));
        yield return new("a memory bank without spare rows", "gpu1", ReplacePart, Once(b => b.Gpus[1].BanksNone = 1));
        yield return new("recovery action without an XID: reset", "gpu7", ResetGpu, Once(b => b.Gpus[7].Recovery = 1));
        yield return new("recovery action without an XID: reboot", "gpu7", RestartBareMetal, Once(b => b.Gpus[7].Recovery = 2));
        yield return new("recovery action without an XID: drain P2P", "gpu7", DrainPeers, Once(b => b.Gpus[7].Recovery = 3));
        yield return new("PCIe falls to generation 4 under load", "gpu2", CheckMechanicals, Once(b => b.Gpus[2].Generation = 4)) { Deadline = 5 };
        yield return new("PCIe falls to eight lanes under load", "gpu2", CheckMechanicals, Once(b => b.Gpus[2].Width = 8)) { Deadline = 5 };
        yield return new("a GPU comes up in generation 4 after a boot", "gpu2", CheckMechanicals, Once(b => (b.Gpus[2].Generation, b.Gpus[2].MaxGeneration) = (4, 4)));
        yield return new("PCIe replays, two a second", "gpu2", CheckMechanicals, (b, _) => b.Gpus[2].PcieReplays += 2);
        yield return new("PCIe corrected errors in a storm", "gpu2", CheckMechanicals, (b, _) => b.Gpus[2].Correctable += 50);
        yield return new("PCIe non-fatal error", "gpu2", CheckMechanicals, Once(b => b.Gpus[2].NonFatal = 1));
        yield return new("PCIe fatal error", "gpu2", CheckMechanicals, Once(b => b.Gpus[2].Fatal = 1));
        yield return new("slowed by heat a tenth of the time", "gpu4", CheckCooling, (b, _) => b.Gpus[4].HardNs += 100_000_000);
        yield return new("slowed by heat in software", "gpu4", CheckCooling, (b, _) => b.Gpus[4].SoftNs += 300_000_000);
        yield return new("past the thermal limit", "gpu4", CheckCooling, Once(b => b.Gpus[4].MarginK = -3));
        yield return new("power brake of the supply", "gpu4", CheckMechanicals, (b, _) => b.Gpus[4].BrakeNs += 200_000_000);
        yield return new("hardware slowdown from outside", "gpu4", CheckMechanicals, Once(b => b.Gpus[4].Reasons = 0x8));
        yield return new("HBM at 97 °C", "gpu4", CheckCooling, Once(b => b.Gpus[4].HbmC = 97));
        yield return new("power cannot be read", "gpu4", RunDiagnostics, Once(b => b.Gpus[4].PowerW = null));
        yield return new("somebody set another power limit", "gpu4", SetConfiguration, Once(b => b.Gpus[4].LimitW = 500)) { Deadline = 120 };
        yield return new("VBIOS of one GPU differs", "gpu6", UpdateSoftware, Once(b => b.Gpus[6].Vbios = "96.00.74.00.01")) { Deadline = 120 };
        yield return new("InfoROM of one GPU differs", "gpu6", UpdateSoftware, Once(b => b.Gpus[6].Inforom = "G520.0200.00.03")) { Deadline = 120 };
        yield return new("GSP firmware of one GPU differs", "gpu6", UpdateSoftware, Once(b => b.Gpus[6].Gsp = "570.86.15")) { Deadline = 120 };
        yield return new("InfoROM corrupt", "gpu6", ContactSupport, Once(b => b.Gpus[6].InforomValid = false));
        yield return new("persistence mode off", "gpu0", SetConfiguration, Once(b => b.Gpus[0].Persistence = false)) { Deadline = 120 };
        yield return new("ECC off", "gpu0", SetConfiguration, Once(b => b.Gpus[0].Ecc = false)) { Deadline = 120 };
        yield return new("MIG on", "gpu0", SetConfiguration, Once(b =>
        {
            b.Gpus[0].Mig = true;
            foreach (var link in b.Gpus[0].Links)
                link.Up = false;
        }))
        { Deadline = 120 };
        yield return new("compute mode prohibited", "gpu0", SetConfiguration, Once(b => b.Gpus[0].ComputeMode = 2)) { Deadline = 120 };
        yield return new("NUMA node of a GPU unknown", "gpu0", SetConfiguration, Once(b => b.Gpus[0].NumaNode = -1)) { Deadline = 120 };
        yield return new("CPUs of the other NUMA node for a GPU", "gpu6", SetConfiguration, Once(b => b.Gpus[6].CpuAffinity = "0-55")) { Deadline = 120 };
        yield return new("RDMA card in a slot of the other processor", "gpu2", SetConfiguration, Once(b => b.Ports[2].NumaNode = 1)) { Deadline = 120 };
        yield return new("a call for one GPU hangs", "gpu0", ResetGpu, (b, s) => (b.Gpus[0].Access, b.Gpus[0].HungSince) = (GpuAccess.Hung, b.Now - TimeSpan.FromSeconds(s)));
        yield return new("a GPU is lost to NVML alone", "gpu0", RestartBareMetal, Once(b => b.Gpus[0].Access = GpuAccess.Lost));
        yield return new("the driver wants a reset before it answers", "gpu0", ResetGpu, Once(b => b.Gpus[0].Access = GpuAccess.ResetRequired));
        yield return new("NVML blind", "nvml", RestartBareMetal, Once(b => b.Probe = ProbeState.Blind)) { Deadline = 5 };
        yield return new("a cold plate clogs slowly", "gpu3", CheckCooling, (b, s) => b.Gpus[3].TemperatureK *= s < 600 ? 1.002 : 1) { WarmUp = 4800, Deadline = 2400, Step = 5 };
        yield return new("a GPU does less for its watts than it did", "gpu3", RunDiagnostics, Once(b => b.Gpus[3].ClockFactor *= 0.90)) { WarmUp = 4800, Deadline = 2400, Step = 5 };
        yield return new("driver updated under a running system", "driver", RestartBareMetal, Once(b => b.LibraryVersion = "590.44.01")) { Deadline = 120 };
    }

    private static IEnumerable<FaultCase> Fabric()
    {
        yield return new("Fabric Manager dies, all GPUs still read as completed", "fabric", RestartFabricManager, Once(b => b.ManagerAlive = false)) { Deadline = 30 };
        yield return new("the fabric does not come up after a boot", "fabric", RestartFabricManager, (b, _) =>
        {
            foreach (var gpu in b.Gpus)
                gpu.State = FabricState.NotStarted;
        })
        { Deadline = 120 };
        yield return new("one GPU is not registered with the fabric", "gpu3", ResetGpu, (b, _) => b.Gpus[3].State = FabricState.InProgress) { Deadline = 400, Step = 5 };
        yield return new("a GPU was registered with an error", "gpu3", ResetGpu, Once(b => b.Gpus[3].Status = 999));
        yield return new("a GPU has less NVLink bandwidth", "gpu3", ResetGpu, Once(b => b.Gpus[3].Degraded = true));
        yield return new("routes to a GPU are not healthy", "gpu3", RestartFabricManager, Once(b => b.Gpus[3].RouteUnhealthy = true));
        yield return new("too few NVLinks for the fabric", "gpu3", ResetGpu, Once(b => b.Gpus[3].Configuration = 5));
        yield return new("GPU firmware does not fit the fabric", "gpu3", UpdateSoftware, Once(b => b.Gpus[3].Configuration = 6)) { Deadline = 120 };
        yield return new("an NVSwitch is gone", "fabric", RestartBareMetal, Once(b => b.Switches = 3));
        yield return new("one NVLink down", "gpu5-link9", ResetGpu, Once(b => b.Gpus[5].Links[9].Up = false));
        yield return new("all NVLinks of a GPU down", "gpu5", ResetGpu, Once(b =>
        {
            foreach (var link in b.Gpus[5].Links)
                link.Up = false;
        }));
        yield return new("an NVLink runs at half its speed", "gpu5-link9", ResetGpu, Once(b => b.Gpus[5].Links[9].Speed = 13_281));
        yield return new("CRC errors on an NVLink", "gpu5-link9", CheckMechanicals, (b, _) => b.Gpus[5].Links[9].Crc += 5);
        yield return new("replays on an NVLink", "gpu5-link9", CheckMechanicals, (b, _) => b.Gpus[5].Links[9].Replays++);
        yield return new("an NVLink trains again and again", "gpu5-link9", CheckMechanicals, (b, s) => b.Gpus[5].Links[9].Recoveries += s % 20 == 0 ? 1 : 0);
        yield return new("corrected data on an NVLink in masses", "gpu5-link9", CheckMechanicals, (b, _) => b.Gpus[5].Links[9].CrcData += 400);
        yield return new("a GPU cannot reach its neighbour", "gpu5", RestartFabricManager, Once(b => b.Gpus[5].P2p[6] = 5));
    }

    /// <summary>RDMA, storage, host, service.</summary>
    private static IEnumerable<FaultCase> Rest()
    {
        yield return new("RDMA port loses its link", "mlx5_1", CheckCable, Once(b => (b.Ports[1].State, b.Ports[1].Phys) = ("DOWN", "Polling")));
        yield return new("RDMA port comes back at half its rate", "mlx5_1", CheckCable, Once(b => b.Ports[1].Rate = 200));
        yield return new("RDMA port flaps", "mlx5_1", CheckCable, (b, s) =>
        {
            b.Ports[1].Downed += s % 20 == 0 ? 1 : 0;
            b.Ports[1].Carrier += s % 10 == 0 ? 1 : 0;
        });
        yield return new("RDMA symbol errors far above the port's own normal", "mlx5_1", CheckCable, (b, _) => b.Ports[1].Symbols += 25_000) { WarmUp = 900, Deadline = 120, Step = 5 };
        yield return new("RDMA link integrity", "mlx5_1", CheckCable, Once(b => b.Ports[1].Integrity = 1));
        yield return new("RDMA receivers not ready", "mlx5_1", CheckCable, (b, _) => b.Ports[1].Rnr++);
        yield return new("RDMA acknowledgements time out", "mlx5_1", CheckCable, (b, _) => b.Ports[1].AckTimeouts += 5) { Deadline = 90 };
        yield return new("RDMA port throws packets away", "mlx5_1", CheckCable, (b, _) => b.Ports[1].Discards += 400) { Deadline = 90 };
        yield return new("RDMA port restarts slowly (RoCE)", "mlx5_1", CheckCable, (b, _) => b.Ports[1].SlowRestarts += 30) { Deadline = 90 };
        yield return new("RDMA port overruns its buffers", "mlx5_1", CheckCable, (b, _) => b.Ports[1].Overruns++);
        yield return new("RDMA adapter gone", "mlx5_7", CheckMechanicals, Once(b => b.Ports[7].Present = false));
        yield return new("RDMA firmware of one adapter differs", "mlx5_7", UpdateSoftware, Once(b => b.Ports[7].Firmware = "28.36.1010")) { Deadline = 120 };
        yield return new("RDMA cannot reach GPU memory", "peermem", SetConfiguration, Once(b => b.Peermem = false)) { Deadline = 120 };
        yield return new("another node is far away", "mlx5_2", CheckCable, (b, _) => b.Ports[2].LatencyUs = 900) { Deadline = 90 };

        yield return new("disk warns of itself", "nvme3n1", ReplacePart, Once(b => b.Disks[3].Warning = 0x4));
        yield return new("disk without spare", "nvme3n1", ReplacePart, Once(b => (b.Disks[3].Warning, b.Disks[3].Spare) = (1, 6)));
        yield return new("disk worn", "nvme3n1", ReplacePart, Once(b => b.Disks[3].Used = 96));
        yield return new("disk has new media errors", "nvme3n1", ReplacePart, Once(b => b.Disks[3].Media += 7));
        yield return new("disk commands fail", "nvme3n1", ReplacePart, (b, s) => b.Disks[3].Errors += s % 5 == 0 ? 1 : 0);
        yield return new("disk commands time out", "nvme3n1", ReplacePart, (b, s) => b.Disks[3].Timeouts += s % 10 == 0 ? 1 : 0);
        yield return new("disk too hot", "nvme3n1", CheckCooling, Once(b => b.Disks[3].Celsius = 82));
        yield return new("disk dead", "nvme3n1", ReplacePart, Once(b => b.Disks[3].State = "dead"));
        yield return new("disk gone", "nvme3n1", ReplacePart, Once(b => b.Disks[3].Present = false));
        yield return new("RAID degraded", "md0", ReplacePart, Once(b => b.RaidDegraded = 1));
        yield return new("root nearly full", "md0", SetConfiguration, Once(b => b.FreeShare = 0.03)) { Deadline = 120 };
        yield return new("root without inodes", "md0", SetConfiguration, Once(b => b.InodeShare = 0.01)) { Deadline = 120 };

        yield return new("corrected memory errors of the host in a storm", "memory", ReplacePart, (b, _) => b.DimmCorrected += 10);
        yield return new("uncorrectable memory error of the host", "memory", ReplacePart, Once(b => b.DimmUncorrected = 1));
        yield return new("time daemon gone", "clock", SetConfiguration, Once(b => b.ClockSource = null)) { Deadline = 400, Step = 5 };
        yield return new("clock not synchronised", "clock", SetConfiguration, Once(b => b.ClockSynchronised = false)) { Deadline = 400, Step = 5 };
        yield return new("clock 4 ms off", "clock", SetConfiguration, (b, _) => b.ClockOffsetUs = 4000) { Deadline = 120 };

        yield return new("GPU memory nearly full, cache counted as free", "gpu1", SetConfiguration, Once(b =>
        {
            b.Gpus[1].UsedMib = 79_000;
            b.Service = b.Service! with { FreeCacheMib = [20_000, 300, 20_000, 20_000, 20_000, 20_000, 20_000, 20_000] };
        }))
        { Deadline = 400, Step = 5 };
        yield return new("tokens come slowly", "engine", RestartApp, Once(b => b.InterTokenMs = 320)) { Deadline = 120 };
        yield return new("the first token comes late", "engine", RestartApp, Once(b => b.FirstTokenMs = 9000)) { Deadline = 120 };
        yield return new("requests end with 503", "engine", RestartApp, (b, _) => b.ServerErrors++) { Deadline = 120 };
        yield return new("requests are lost", "engine", RestartApp, (b, _) => b.Lost++) { Deadline = 120 };
    }
}
