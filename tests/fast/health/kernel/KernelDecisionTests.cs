using Appliance.Health;
using Appliance.Health.KernelLog;
using Xunit;

namespace FastTests.Health.KernelLog;

public sealed class KernelDecisionTests
{
    [Theory]
    [InlineData("NVRM: Xid (PCI:0000:1b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.", 79)]
    [InlineData("NVRM: Xid (PCI:0000:1b:00): 79, GPU has fallen off the bus.", 79)]
    [InlineData("NVRM: Xid (0000:1B:00): 79, GPU has fallen off the bus.", 79)]
    [InlineData("NVRM: Xid (PCI:00000000:1B:00.0): 79, pid=3221, name=python3, GPU has fallen off the bus.", 79)]
    [InlineData("NVRM: Xid (PCI:0000:1b:00 GPU-I:05): 94, pid=7194, name=python3, Contained: SM (0x1). RST: No, D-RST: No", 94)]
    [InlineData("NVRM: Xid (PCI:0000:1b:00): 119, pid=2461, name=nvidia-smi, Timeout after 6s of waiting for RPC response from GPU0 GSP! Expected function 76 (GSP_RM_CONTROL) (0x20802a02 0x8).", 119)]
    [InlineData("NVRM: Xid (PCI:0000:1b:00): 63, pid=2461, name=x, Row Remapper: New row (0x00000000000004fb) marked for remapping, reset gpu to activate.", 63)]
    [InlineData("NVRM: Xid (PCI:0000:1b:00): 8, Channel 00000010", 8)]
    public void Every_shape_of_an_xid_line_is_read(string line, int code)
    {
        var decision = One(line);
        Assert.Equal((code, "0000:1b:00"), (decision.Xid, decision.Gpu));
    }

    [Fact]
    public void A_double_bit_error_alone_is_a_reset_and_with_a_remap_a_drain()
    {
        Assert.Equal(FaultAction.ResetGpu, Of(48, "[1.0] {48}", "[9.0] {63}"));
        Assert.Equal(FaultAction.DrainAndReset, Of(48, "[1.0] {48}", "[2.5] {63}"));
        Assert.Equal(FaultAction.DrainAndReset, Of(48, "[1.0] {64}", "[2.5] {48}"));
        Assert.Equal(FaultAction.ResetGpu, Of(48, "[1.0] {48}", "[1.5] NVRM: Xid (PCI:0000:44:00): 63, Row Remapper"));
    }

    [Fact]
    public void Removed_channels_follow_the_error_beside_them_and_alone_want_the_fabric_manager()
    {
        Assert.Equal(FaultAction.RestartFabricManager, Of(45, "[1.0] {45}", "[1.1] {45}", "[4.0] {48}"));
        Assert.Equal(FaultAction.Ignore, Of(45, "[1.0] {45}", "[1.1] {45}", "[2.0] {48}"));
        Assert.Equal(FaultAction.Ignore, Of(45, "[1.0] {62}", "[2.9] {45}"));
    }

    [Fact]
    public void An_exception_again_on_the_same_core_makes_the_core_suspect()
    {
        const string first = "[1.0] NVRM: Xid (PCI:0000:1b:00): 13, pid=7, name=x, Graphics SM Warp Exception on (GPC 3, TPC 0, SM 1): Out Of Range Address";
        const string burst = "[1.2] NVRM: Xid (PCI:0000:1b:00): 13, pid=7, name=x, Graphics SM Warp Exception on (GPC 3, TPC 0, SM 0): Out Of Range Address";
        const string again = "[900.0] NVRM: Xid (PCI:0000:1b:00): 13, pid=8, name=x, Graphics SM Warp Exception on (GPC 3, TPC 0, SM 1): Out Of Range Address";
        const string other = "[900.0] NVRM: Xid (PCI:0000:1b:00): 13, pid=8, name=x, Graphics SM Warp Exception on (GPC 3, TPC 1, SM 1): Out Of Range Address";
        Assert.Equal([FaultAction.RestartApp, FaultAction.RestartApp], Actions(first, burst));
        Assert.Equal([FaultAction.RestartApp, FaultAction.RunDiagnostics], Actions(first, again));
        Assert.Equal([FaultAction.RestartApp, FaultAction.RestartApp], Actions(first, other));
    }

    [Fact]
    public void Page_faults_of_three_programs_on_one_gpu_make_it_suspect_unless_others_fault_too()
    {
        string Fault(int pid, string gpu) => $"[{pid * 100}.0] NVRM: Xid (PCI:0000:{gpu}:00): 31, pid={pid}, name=x, Ch 00000008, intr 00000000. MMU Fault";
        Assert.Equal(FaultAction.RunDiagnostics, Actions(Fault(1, "1b"), Fault(2, "1b"), Fault(3, "1b"))[^1]);
        Assert.Equal(FaultAction.RestartApp, Actions(Fault(1, "1b"), Fault(1, "1b"), Fault(1, "1b"))[^1]);
        Assert.Equal(FaultAction.RestartApp, Actions(Fault(1, "1b"), Fault(2, "44"), Fault(3, "1b"), Fault(4, "1b"))[^1]);
    }

    [Theory]
    [InlineData("0x1, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0", FaultAction.Ignore)]
    [InlineData("0x100000, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0", FaultAction.ContactSupport)]
    [InlineData("0x10, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0", FaultAction.ResetGpu)]
    [InlineData("0x10000, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0", FaultAction.CheckMechanicals)]
    [InlineData("0x200000, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0", FaultAction.CheckMechanicals)]
    [InlineData("0x8000000, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0", FaultAction.ResetGpu)]
    [InlineData("0x0, 0x0, 0x2000, 0x0, 0x0, 0x0, 0x0", FaultAction.ContactSupport)]
    [InlineData("0x0, 0x0, 0x10000, 0x0, 0x0, 0x0, 0x0", FaultAction.ResetGpu)]
    [InlineData("0x0, 0x0, 0x0, 0x40000, 0x0, 0x0, 0x0", FaultAction.ResetFabric)]
    [InlineData("0x0, 0x0, 0x0, 0x0, 0x100000, 0x0, 0x0", FaultAction.Ignore)]
    [InlineData("0x0, 0xffffffff, 0x0, 0x0, 0x0, 0x0, 0x0", FaultAction.Ignore)]
    [InlineData("0x0, 0x0, 0x80000000, 0x0, 0x0, 0x0, 0x0", FaultAction.ContactSupport)]
    public void The_registers_of_a_link_error_are_decoded(string registers, string action)
    {
        var decision = One($"NVRM: Xid (PCI:0000:1b:00): 74, pid='<unknown>', name=<unknown>, NVLink: fatal error detected on link 14({registers})");
        Assert.Equal((action, "nvlink 14", "WORKFLOW_NVLINK_ERR"), (decision.Action, decision.Component, decision.Bucket));
    }

    [Fact]
    public void Parity_errors_become_a_hardware_matter_with_the_third_on_the_same_link()
    {
        string Parity(int second, int link) => $"[{second}.0] NVRM: Xid (PCI:0000:1b:00): 74, pid='<unknown>', name=<unknown>, NVLink: fatal error detected on link {link}(0x0, 0x0, 0x1, 0x0, 0x0, 0x0, 0x0)";
        Assert.Equal(
            [FaultAction.ResetGpu, FaultAction.ResetGpu, FaultAction.ResetGpu, FaultAction.RunFieldDiagnostics],
            Actions(Parity(10, 3), Parity(110, 4), Parity(210, 3), Parity(310, 3)));
    }

    [Fact]
    public void A_link_error_names_what_the_switch_says()
    {
        var decision = Decide(
            "[1.0] nvidia-nvswitch1: SXid (PCI:0000:85:00.0): 20034, Fatal, Link 30 LTSSM Fault Up",
            "[1.2] NVRM: Xid (PCI:0000:1b:00): 74, pid='<unknown>', name=<unknown>, NVLink: fatal error detected on link 14(0x0, 0x0, 0x10000, 0x0, 0x0, 0x0, 0x0)")[1];
        Assert.Contains("NVSwitch1 says SXid 20034", decision.Why);
    }

    [Theory]
    [InlineData("0x1 (GPU Reset Required)", FaultAction.ResetGpu, FaultSeverity.Fatal)]
    [InlineData("0x2 (Node Reboot Required)", FaultAction.RestartBareMetal, FaultSeverity.Fatal)]
    [InlineData("0x3 (Drain P2P)", FaultAction.DrainPeers, FaultSeverity.Fatal)]
    [InlineData("0x4 (Drain and Reset)", FaultAction.DrainAndReset, FaultSeverity.Fatal)]
    [InlineData("0x0 (None)", FaultAction.Ignore, FaultSeverity.Information)]
    public void The_drivers_recovery_action_is_followed(string to, string action, FaultSeverity severity)
    {
        var decision = One($"NVRM: Xid (PCI:0000:1b:00): 154, pid='<unknown>', name=<unknown>, GPU recovery action changed from 0x0 (None) to {to}");
        Assert.Equal((action, severity), (decision.Action, decision.Severity));
    }

    [Fact]
    public void A_code_without_a_bucket_follows_the_recovery_action_beside_it()
    {
        Assert.Null(Of(171, "[1.0] {171}"));
        Assert.Equal(FaultAction.ResetGpu, Of(171, "[1.0] {171}", "[1.5] NVRM: Xid (PCI:0000:1b:00): 154, GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset Required)"));
        Assert.Equal(FaultAction.DrainAndReset, Of(171, "[1.0] {171}", "[1.1] {48}", "[1.2] {63}"));
    }

    [Theory]
    [InlineData("nvidia-nvswitch3: SXid (PCI:0000:85:00.0): 22013, Non-fatal, Link 30 Minion Link DLREQ Interrupt", FaultAction.Ignore, null)]
    [InlineData("nvidia-nvswitch3: SXid (PCI:0000:85:00.0): 20034, Fatal, Link 30 LTSSM Fault Up", FaultAction.ResetGpu, "nvlink_fault")]
    [InlineData("nvidia-nvswitch3: SXid (PCI:0000:85:00.0): 23003, Fatal, Link 30 something", FaultAction.RestartBareMetal, "reboot_needed")]
    [InlineData("nvidia-nvswitch3: SXid (PCI:0000:85:00.0): 19084, Non-fatal, Link 30 AN1 Heartbeat Timeout", FaultAction.ResetFabric, "nvlink_fault")]
    [InlineData("nvidia-nvswitch3: SXid (PCI:0000:85:00.0): 29999, Fatal, something new", FaultAction.ResetGpu, "nvlink_fault")]
    [InlineData("nvidia-nvswitch3: SXid (PCI:0000:85:00.0): 29999, Non-fatal, something new", FaultAction.Ignore, null)]
    public void Switch_errors_are_sorted_as_the_fabric_managers_guide_does(string line, string action, string? alarm)
    {
        var decision = One(line);
        Assert.Equal((action, alarm, (int?)null), (decision.Action, decision.Alarm, decision.Xid));
        Assert.StartsWith("nvswitch3", decision.Component);
    }

    [Fact]
    public void The_switchs_further_lines_about_an_error_are_not_errors_of_their_own() => Assert.Single(Decide(
        "[1.0] nvidia-nvswitch1: SXid (PCI:0000:85:00.0): 20034, Fatal, Link 30 LTSSM Fault Up",
        "[1.0] nvidia-nvswitch1: SXid (PCI:0000:85:00.0): Severity 1 Engine instance 30 Sub-engine instance 00",
        "[1.0] nvidia-nvswitch1: SXid (PCI:0000:85:00.0): Data {0x50610002, 0x50610002, 0x00000000}"));

    [Theory]
    [InlineData("NVRM: GPU 0000:1b:00.0: GPU has fallen off the bus.", "pcie", FaultAction.RestartBareMetal, AlarmCatalogue.GpuLost)]
    [InlineData("NVRM: GPU at PCI:0000:1b:00.0 has fallen off the bus.", "pcie", FaultAction.RestartBareMetal, AlarmCatalogue.GpuLost)]
    [InlineData("NVRM: The NVIDIA probe routine failed for 1 device(s).", "pcie 1", FaultAction.RestartBareMetal, "reboot_needed")]
    [InlineData("NVRM: GPU 0000:1b:00.0: RmInitAdapter failed! (0x26:0x56:1474)", "gpu", FaultAction.ResetGpu, "gpu_reset_needed")]
    [InlineData("mlx5_core 0000:18:00.0: wait_func:1137:(pid 1234): CREATE_MKEY(0x200) timeout. Will cause a leak of a command resource", "rdma 0000:18:00.0", FaultAction.RestartBareMetal, "rdma_port_down")]
    [InlineData("mlx5_core 0000:18:00.0: poll_health:816:(pid 0): device's health compromised - reached miss count", "rdma 0000:18:00.0", FaultAction.RestartBareMetal, "rdma_port_down")]
    [InlineData("mlx5_core 0000:18:00.0: print_health_info:424:(pid 0): synd 0x1: unrecoverable hardware error", "rdma 0000:18:00.0", FaultAction.ReplacePart, "rdma_port_down")]
    [InlineData("mlx5_core 0000:18:00.0: mlx5_pcie_event:301:(pid 8): Detected insufficient power on the PCIe slot (27W).", "rdma 0000:18:00.0", FaultAction.CheckMechanicals, "rdma_port_errors")]
    [InlineData("mlx5_core 0000:18:00.0: Port module event[error]: module 0, Cable error, High Temperature", "rdma 0000:18:00.0", FaultAction.CheckCooling, "rdma_port_errors")]
    [InlineData("mlx5_core 0000:18:00.0: Port module event: module 0, Cable unplugged", "rdma 0000:18:00.0", FaultAction.CheckCable, "rdma_port_down")]
    [InlineData("mlx5_core 0000:18:00.0: mlx5_cmd_out_err:803:(pid 11): ACCESS_REG(0x805) op_mod(0x1) failed, status bad operation(0x2)", "rdma 0000:18:00.0", FaultAction.ContactSupport, null)]
    [InlineData("NETDEV WATCHDOG: ibs1 (mlx5_core): transmit queue 3 timed out", "rdma ibs1", FaultAction.CheckCable, "rdma_port_errors")]
    [InlineData("pcieport 0000:15:01.0: PCIe Bus Error: severity=Corrected, type=Physical Layer, (Receiver ID)", "pcie 0000:15:01.0", FaultAction.Ignore, null)]
    [InlineData("pcieport 0000:15:01.0: PCIe Bus Error: severity=Uncorrected (Non-Fatal), type=Transaction Layer, (Requester ID)", "pcie 0000:15:01.0", FaultAction.CheckMechanicals, "pcie_degraded")]
    [InlineData("pcieport 0000:15:01.0: PCIe Bus Error: severity=Uncorrectable (Fatal), type=Data Link Layer", "pcie 0000:15:01.0", FaultAction.CheckMechanicals, "pcie_degraded")]
    [InlineData("pcieport 0000:15:01.0: AER: Corrected error message received from 0000:1b:00.0", "pcie 0000:15:01.0", FaultAction.Ignore, null)]
    [InlineData("nvme nvme2: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0xffff", "disk nvme2", FaultAction.ReplacePart, "disk_failing")]
    [InlineData("nvme nvme2: I/O 123 QID 4 timeout, aborting", "disk nvme2", FaultAction.ReplacePart, "disk_failing")]
    [InlineData("critical medium error, dev nvme2n1, sector 2048 op 0x0:(READ) flags 0x0", "disk nvme2n1", FaultAction.ReplacePart, "disk_failing")]
    [InlineData("blk_update_request: I/O error, dev sda, sector 2048", "disk sda", FaultAction.ReplacePart, "disk_failing")]
    [InlineData("md/raid1:md0: Disk failure on nvme1n1, disabling device.", "raid md0", FaultAction.ReplacePart, "raid_degraded")]
    [InlineData("EXT4-fs error (device nvme0n1p2): ext4_find_entry:1455: inode #2: comm ls: reading directory lblock 0", "filesystem nvme0n1p2", FaultAction.CheckFilesystem, "filesystem_damaged")]
    [InlineData("EXT4-fs (nvme0n1p2): Remounting filesystem read-only", "filesystem nvme0n1p2", FaultAction.CheckFilesystem, "filesystem_damaged")]
    [InlineData("XFS (nvme0n1p3): Corruption of in-memory data detected.  Shutting down filesystem", "filesystem nvme0n1p3", FaultAction.CheckFilesystem, "filesystem_damaged")]
    [InlineData("EDAC MC0: 1 CE memory read error on CPU_SrcID#0_MC#0_Chan#0_DIMM#0 (channel:0 slot:0 page:0x1)", "host memory MC0", FaultAction.Ignore, null)]
    [InlineData("EDAC MC0: 1 UE memory read error on CPU_SrcID#0_MC#0_Chan#0_DIMM#0 (channel:0 slot:0 page:0x1)", "host memory MC0", FaultAction.ReplacePart, "host_memory_errors")]
    [InlineData("mce: [Hardware Error]: CPU 4: Machine Check Exception: 5 Bank 7: be00000000800400", "host cpu 4", FaultAction.ContactSupport, "host_memory_errors")]
    [InlineData("mce: [Hardware Error]: Machine check events logged", "host cpu", FaultAction.Ignore, null)]
    [InlineData("Memory failure: 0x12345: recovery action for dirty LRU page: Recovered", "host memory 0x12345", FaultAction.ReplacePart, "host_memory_errors")]
    public void Other_parts_of_the_box_are_known_by_what_the_kernel_says(string line, string component, string action, string? alarm)
    {
        var decision = One(line);
        Assert.Equal((component, action, alarm), (decision.Component, decision.Action, decision.Alarm));
    }

    [Theory]
    [InlineData("nvidia 0000:1b:00.0: enabling device (0000 -> 0002)")]
    [InlineData("NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  570.86.15")]
    [InlineData("EXT4-fs (nvme0n1p2): mounted filesystem with ordered data mode. Quota mode: none.")]
    [InlineData("mlx5_core 0000:18:00.0: Port module event: module 0, Cable plugged")]
    [InlineData("nvme nvme2: 64/0/0 default/read/poll queues")]
    [InlineData("XFS (nvme0n1p3): Ending clean mount")]
    [InlineData("EDAC MC: Ver: 3.0.0")]
    [InlineData("md/raid1:md0: active with 2 out of 2 mirrors")]
    [InlineData("[Hardware Error]: not for us")]
    public void What_is_well_is_passed_over(string line) => Assert.Empty(Decide(line));

    [Fact]
    public void What_the_box_ended_itself_is_no_fault()
    {
        var removal = (KernelFault.Xid)KernelFaultReader.Read(new(1, TimeSpan.FromSeconds(5), "NVRM: Xid (PCI:0000:1b:00): 45, pid=7, name=x, Ch 00000008"))!;
        var decision = XidWorkflow.Decide(removal, [], XidMemory.Empty, ours: true);
        Assert.Equal((FaultAction.Ignore, (string?)null), (decision.Action, decision.Alarm));
    }

    [Fact]
    public void Every_alarm_a_pattern_names_and_every_marker_is_in_its_own_line() => Assert.All(HostPatterns.All, pattern =>
    {
        Assert.True(pattern.Alarm is null || pattern.Severity >= FaultSeverity.Degraded, pattern.Name);
        Assert.EndsWith(".", pattern.Why);
    });

    private static string? Of(int code, params string[] lines) => Decide(lines).First(d => d.Xid == code).Action;

    private static string?[] Actions(params string[] lines) => [.. Decide(lines).Select(d => d.Action)];

    private static KernelDecision One(string line) => Assert.Single(Decide(line));

    /// <summary><c>[1.0] {48}</c> stands for a line of XID 48.</summary>
    private static KernelDecision[] Decide(params string[] lines) => [.. KernelLogFile.Decide(lines.Select(Xid))];

    private static string Xid(string line) =>
        System.Text.RegularExpressions.Regex.Replace(line, @"\{(\d+)\}", m => $"NVRM: Xid (PCI:0000:1b:00): {m.Groups[1].Value}, pid='<unknown>', name=<unknown>, said");
}
