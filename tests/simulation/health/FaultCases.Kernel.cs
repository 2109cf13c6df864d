using static Appliance.Health.KernelLog.FaultAction;
using static SimulationTests.Health.FaultCase;

namespace SimulationTests.Health;

internal static partial class FaultCases
{
    private const string Link74 = "NVLink: fatal error detected on link";

    /// <summary>What the kernel's log tells: XIDs with the neighbours they come with in the field, SXids, drivers of other parts.</summary>
    private static IEnumerable<FaultCase> Kernel()
    {
        yield return new("GPU falls off the bus, with XID 79", "gpu3", RestartBareMetal, (box, s) =>
        {
            if (s == 0)
                box.Xid(3, 79, "GPU has fallen off the bus.");
            if (s == 2)
                box.Gpus[3].Access = Appliance.Model.GpuAccess.Lost;
        });
        yield return new("GPU falls off the bus, XID 79 without a word of NVML", "gpu3", RestartBareMetal, Once(b => b.Xid(3, 79, "GPU has fallen off the bus.")));
        yield return new("GPU falls off the bus and the switches lose its links", "gpu3", RestartBareMetal, (box, s) =>
        {
            if (s == 0)
            {
                box.Log("nvidia-nvswitch0: SXid (PCI:0000:84:00.0): 20034, Fatal, Link 21 LTSSM Fault Up");
                box.Log("nvidia-nvswitch2: SXid (PCI:0000:86:00.0): 20034, Fatal, Link 08 LTSSM Fault Up");
                box.Xid(3, 79, "GPU has fallen off the bus.");
                box.Xid(3, 154, "GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot Required)");
                box.Xid(3, 45, "Ch 00000008", "pid=1234, name=python3");
            }

            if (s < 2)
                return;
            box.Gpus[3].Access = Appliance.Model.GpuAccess.Lost;
            for (var i = 0; i < 8; i++)
                box.Gpus[i].P2p[3] = i == 3 ? null : 5;
        });
        yield return new("GPU falls off the bus without an XID", "gpu1", RestartBareMetal, Once(b => b.Log($"NVRM: GPU {b.Gpus[1].Short}.0: GPU has fallen off the bus.")));
        yield return new("driver cannot start a GPU", "gpu5", ResetGpu, Once(b => b.Log($"NVRM: GPU {b.Gpus[5].Short}.0: RmInitAdapter failed! (0x26:0x56:1474)")));
        yield return new("double-bit error alone", "gpu2", ResetGpu, Once(b => b.Xid(2, 48, "DBE (double bit error) ECC Error: HBM", withEvent: true)));
        yield return new("double-bit error with a row remap and removed channels", "gpu2", DrainAndReset, (box, s) =>
        {
            if (s == 0)
            {
                box.Xid(2, 45, "Ch 00000008", "pid=1234, name=python3", withEvent: true);
                box.Xid(2, 48, "DBE (double bit error) ECC Error", withEvent: true);
            }

            if (s == 1)
                box.Xid(2, 63, "Row Remapper: New row (0x00000000000004fb) marked for remapping, reset gpu to activate.");
        });
        yield return new("row remap fails", "gpu6", ResetGpu, Once(b => b.Xid(6, 64, "Row Remapper: Error: no spare rows", withEvent: true)));
        foreach (var (code, said) in new[]
        {
            (46, "GPU stopped processing"), (62, "PMU Halt Error."), (95, "Uncontained: LTC TAG (0x2,0x0). RST: Yes, D-RST: No"), (109, "Ch 00000008, errorString CTX SWITCH TIMEOUT, Info 0x4c000"),
            (110, "Security fault"), (119, "Timeout after 6s of waiting for RPC response from GPU0 GSP! Expected function 76 (GSP_RM_CONTROL)."), (120, "GSP task exception: instruction page fault"),
            (140, "Unrecovered ECC error"), (143, "GPU initialization error"), (156, "Resource retirement event"), (158, "GPU fatal timeout"),
        })
            yield return new($"XID {code}", "gpu4", ResetGpu, Once(b => b.Xid(4, code, said, withEvent: code is not (119 or 120))));
        yield return new("GSP dies and the driver asks for a reboot", "gpu4", RestartBareMetal, Once(b =>
        {
            b.Xid(4, 119, "Timeout after 6s of waiting for RPC response from GPU0 GSP!");
            b.Xid(4, 154, "GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot Required)");
        }));
        yield return new("recovery action: drain and reset", "gpu4", DrainAndReset, Once(b => b.Xid(4, 154, "GPU recovery action changed from 0x0 (None) to 0x4 (Drain and Reset)")));
        yield return new("uncorrectable DRAM error beside XID 48 and 63", "gpu4", DrainAndReset, Once(b =>
        {
            b.Xid(4, 171, "Uncorrectable DRAM error");
            b.Xid(4, 48, "DBE");
            b.Xid(4, 63, "Row Remapper: New row marked for remapping");
        }));
        yield return new("auxiliary power missing (XID 54)", "gpu7", CheckMechanicals, Once(b => b.Xid(7, 54, "Auxiliary power is not connected")));
        yield return new("channels removed and nothing beside it (XID 45)", "fabric", RestartFabricManager, Once(b => b.Xid(0, 45, "Ch 00000010", "pid=99, name=python3", withEvent: true)));
        yield return new("many correctable errors (XID 92)", "gpu0", RunDiagnostics, Once(b => b.Xid(0, 92, "High single-bit ECC error rate")));
        yield return new("the same core fails in two programs (XID 13)", "gpu1", RunDiagnostics, (box, s) =>
        {
            if (s is 0 or 40)
                box.Xid(1, 13, "Graphics SM Warp Exception on (GPC 5, TPC 2, SM 0): Illegal Instruction Encoding", $"pid={1000 + s}, name=python3", withEvent: true);
        });
        yield return new("three programs fault on one GPU (XID 31)", "gpu1", RunDiagnostics, (box, s) =>
        {
            if (s is 0 or 20 or 40)
                box.Xid(1, 31, "Ch 00000008, intr 00000000. MMU Fault: ENGINE GRAPHICS GPCCLIENT_T1_0 faulted @ 0x7f_00000000", $"pid={1000 + s}, name=python3");
        });

        yield return new("NVLink parity error, the first on the link", "gpu2-link3", ResetGpu, Once(b => b.Xid(2, 74, $"{Link74} 3(0x10, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0)")));
        yield return new("NVLink parity errors, three on one link", "gpu2-link3", RunFieldDiagnostics, (box, s) =>
        {
            if (s is 0 or 15 or 30)
                box.Xid(2, 74, $"{Link74} 3(0x0, 0x0, 0x2, 0x0, 0x0, 0x0, 0x0)");
        });
        yield return new("NVLink hardware bit", "gpu2-link11", CheckMechanicals, Once(b => b.Xid(2, 74, $"{Link74} 11(0x1000, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0)")));
        yield return new("NVLink signal marginal", "gpu2-link11", CheckMechanicals, Once(b => b.Xid(2, 74, $"{Link74} 11(0x400000, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0)")));
        yield return new("NVLink wants the fabric reset", "gpu2-link11", ResetFabric, Once(b => b.Xid(2, 74, $"{Link74} 11(0x0, 0x0, 0x0, 0x40000, 0x0, 0x0, 0x0)")));
        yield return new("NVLink error at both ends with CRC errors", "gpu2-link3", CheckMechanicals, (box, s) =>
        {
            if (s == 0)
            {
                box.Log("nvidia-nvswitch1: SXid (PCI:0000:85:00.0): 20034, Fatal, Link 30 LTSSM Fault Up");
                box.Log("nvidia-nvswitch1: SXid (PCI:0000:85:00.0): Severity 1 Engine instance 30 Sub-engine instance 00");
            }

            if (s == 1)
                box.Xid(2, 74, $"{Link74} 3(0x0, 0x0, 0x10000, 0x0, 0x0, 0x0, 0x0)");
            if (s > 1)
                box.Gpus[2].Links[3].Crc += 40;
        });
        yield return new("NVLink training fails (XID 136)", "gpu2-link7", ResetGpu, Once(b => b.Xid(2, 136, "NVLink: ALI training failed on link 7")));
        yield return new("NVSwitch: source track timeout", "nvswitch1-link44", ResetGpu, Once(b => b.Log("nvidia-nvswitch1: SXid (PCI:0000:85:00.0): 24007, Fatal, Link 44 sourcetrack timeout error (First)")));
        yield return new("NVSwitch: always fatal", "nvswitch2-link4", RestartBareMetal, Once(b => b.Log("nvidia-nvswitch2: SXid (PCI:0000:86:00.0): 23003, Fatal, Link 04 egress pri error")));
        yield return new("NVSwitch: AN1 heartbeat", "nvswitch2-link4", ResetFabric, Once(b => b.Log("nvidia-nvswitch2: SXid (PCI:0000:86:00.0): 19084, Non-fatal, Link 04 AN1 Heartbeat Timeout Error")));
        yield return new("NVSwitch: bad connection", "nvswitch0-link12", CheckMechanicals, Once(b => b.Log("nvidia-nvswitch0: SXid (PCI:0000:84:00.0): 20012, Non-fatal, Link 12 excessive errors")));

        yield return new("PCIe non-fatal error of a GPU, from the kernel", "gpu5", CheckMechanicals, Once(b => b.Log($"nvidia {b.Gpus[5].Short}.0: PCIe Bus Error: severity=Uncorrected (Non-Fatal), type=Transaction Layer, (Requester ID)")));
        yield return new("PCIe port shuts a link", "0000:15:01.0", CheckMechanicals, Once(b => b.Log("pcieport 0000:15:01.0: DPC: containment event, status:0x1f01 source:0x0000")));
        yield return new("RDMA adapter firmware hangs", "mlx5_0", RestartBareMetal, Once(b => b.Log($"mlx5_core {b.Ports[0].Bus}: poll_health:816:(pid 0): device's health compromised - reached miss count")));
        yield return new("RDMA adapter leaks commands", "mlx5_2", RestartBareMetal, Once(b => b.Log($"mlx5_core {b.Ports[2].Bus}: wait_func:1137:(pid 1234): CREATE_MKEY(0x200) timeout. Will cause a leak of a command resource")));
        yield return new("RDMA adapter broken", "mlx5_2", ReplacePart, Once(b => b.Log($"mlx5_core {b.Ports[2].Bus}: print_health_info:424:(pid 0): synd 0x8: unrecoverable hardware error")));
        yield return new("RDMA slot without power", "mlx5_3", CheckMechanicals, Once(b => b.Log($"mlx5_core {b.Ports[3].Bus}: mlx5_pcie_event:301:(pid 8): Detected insufficient power on the PCIe slot (27W).")));
        yield return new("RDMA transceiver too hot", "mlx5_3", CheckCooling, Once(b => b.Log($"mlx5_core {b.Ports[3].Bus}: Port module event[error]: module 0, Cable error, High Temperature")));
        yield return new("RDMA cable pulled", "mlx5_4", CheckCable, (box, s) =>
        {
            if (s == 0)
                box.Log($"mlx5_core {box.Ports[4].Bus}: Port module event: module 0, Cable unplugged");
            if (s == 1)
                (box.Ports[4].State, box.Ports[4].Phys, box.Ports[4].Downed) = ("DOWN", "Polling", 1);
        });
        yield return new("NVMe controller stops", "nvme2n1", ReplacePart, Once(b => b.Log("nvme nvme2: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0xffff")));
        yield return new("NVMe medium error", "nvme1n1", ReplacePart, Once(b => b.Log("critical medium error, dev nvme1n1, sector 81920 op 0x0:(READ) flags 0x80700 phys_seg 1 prio class 0")));
        yield return new("file system goes read-only", "md0", CheckFilesystem, (box, s) =>
        {
            if (s == 0)
                box.Log("EXT4-fs error (device md0): ext4_journal_check_start:83: comm python3: Detected aborted journal");
            if (s == 1)
                box.Log("EXT4-fs (md0): Remounting filesystem read-only");
            box.RootReadOnly = s > 1;
        });
        yield return new("DIMM loses data", "mc0", ReplacePart, Once(b => b.Log("EDAC MC0: 1 UE memory read error on CPU_SrcID#0_MC#0_Chan#1_DIMM#0 (channel:1 slot:0 page:0x1 offset:0x0 grain:32)")));
        yield return new("RAID puts a disk out", "md0", ReplacePart, (box, s) =>
        {
            if (s == 0)
                box.Log("md/raid1:md0: Disk failure on nvme1n1, disabling device.");
            box.RaidDegraded = 1;
        });
        yield return new("the same GPU needs a third reset within a week", "gpu6", RunFieldDiagnostics, (box, s) =>
        {
            if (s is 0 or 20 or 40)
                box.Xid(6, 119, $"Timeout after 6s of waiting for RPC response from GPU6 GSP! (try {s})");
            if (s is 10 or 30)
                box.Gpus[6].Reset();
        });
    }
}
