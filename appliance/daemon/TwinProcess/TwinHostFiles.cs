using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Appliance.Hardware;
using Appliance.Twin;

namespace Appliance.Daemon.TwinProcess;

/// <summary>The twin's RDMA ports, disks, mounts and processes as the kernel would show them: an HGX host with eight NDR ports and four NVMe disks.</summary>
internal static class TwinHostFiles
{
    private const int FabricManagerPid = 4242;

    /// <summary>What never moves.</summary>
    /// <param name="put">Path below the root, text; an empty text removes the file.</param>
    public static void Write(Action<string, string> put)
    {
        put("proc/sys/kernel/random/boot_id", string.Create(CultureInfo.InvariantCulture, $"7717b0c5-0000-4000-8000-{(long)MonotonicClock.Now.TotalMicroseconds & 0xffff_ffff_ffff:x12}\n"));
        put("proc/sys/kernel/osrelease", "6.1.0-twin\n");
        put("proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.04  Release Build\n");
        put("proc/meminfo", "MemTotal:       2113929216 kB\nMemFree:        1800000000 kB\nMemAvailable:   1900000000 kB\n");
        put("proc/self/mounts", "/dev/md0 / ext4 rw,relatime 0 0\nproc /proc proc rw 0 0\n");
        put("proc/901/stat", Stat(901, "chronyd"));
        put("sys/module/nvidia/version", "580.159.04\n");
        put("sys/module/nvidia_peermem/version", "580.159.04\n");
        for (var i = 0; i < 4; i++)
            put($"dev/nvidia-nvswitch{i}", "twin\n");
        put("dev/nvidia-nvswitchctl", "twin\n");
        foreach (var (attribute, text) in (ReadOnlySpan<(string, string)>)[("brightness", "0"), ("max_brightness", "1"), ("trigger", "[none] timer")])
            put($"sys/class/leds/front:blue:identify/{attribute}", $"{text}\n");
        put("sys/devices/system/node/node0/cpulist", "0-55,112-167\n");
        put("sys/devices/system/node/node1/cpulist", "56-111,168-223\n");
        put("sys/devices/system/edac/mc/mc0/ce_count", "0\n");
        put("sys/devices/system/edac/mc/mc0/ue_count", "0\n");
        for (var i = 0; i < HealthBank.RdmaPorts; i++)
            WriteRdma(i, put);
        foreach (var disk in HealthBank.Disks)
            WriteDisk(disk, put);
        put("sys/block/md0/md/level", "raid1\n");
        put("sys/block/md0/md/array_state", "clean\n");
        put("sys/block/md0/md/raid_disks", "2\n");
        put("sys/block/md0/md/degraded", "0\n");
        put("sys/block/md0/md/sync_action", "idle\n");
        put("sys/block/md0/md/mismatch_cnt", "0\n");
    }

    /// <summary>What faults move.</summary>
    public static void WriteMoving(HealthBank health, Action<string, string> put)
    {
        put($"proc/{FabricManagerPid}/stat", health.FabricManagerAlive ? Stat(FabricManagerPid, "nv-fabricmanage") : "");
        for (var i = 0; i < HealthBank.RdmaPorts; i++)
            WriteRdmaState(i, health.Rdma(i), put);
        foreach (var disk in HealthBank.Disks)
            put($"twin/disks/{disk}.smart", SmartPage(health.WornPercent(disk), health.IsFailing(disk)));
    }

    private static string Stat(int pid, string name) => string.Create(CultureInfo.InvariantCulture, $"{pid} ({name}) S 1 {pid} {pid} 0 -1 4194560 0 0\n");

    private static void WriteRdma(int index, Action<string, string> put)
    {
        var folder = $"sys/class/infiniband/mlx5_{index}";
        put($"{folder}/hca_type", "MT4129\n");
        put($"{folder}/board_id", "MT_0000000838\n");
        put($"{folder}/fw_ver", "28.42.1000\n");
        put($"{folder}/node_guid", string.Create(CultureInfo.InvariantCulture, $"7717:b0c5:0000:{index:x4}\n"));
        put($"{folder}/device/uevent", string.Create(CultureInfo.InvariantCulture, $"DRIVER=mlx5_core\nPCI_SLOT_NAME=0000:{0x18 + index * 0x10:x2}:00.0\n"));
        put($"{folder}/device/numa_node", string.Create(CultureInfo.InvariantCulture, $"{index / 4}\n"));
        put($"{folder}/device/net/ib{index}/carrier_changes", "1\n");
        put($"{folder}/ports/1/link_layer", "InfiniBand\n");
        put($"{folder}/ports/1/lid", string.Create(CultureInfo.InvariantCulture, $"0x{index + 17:x}\n"));
        put($"{folder}/ports/1/sm_lid", "0x1\n");
        foreach (var counter in (string[])["link_error_recovery", "port_xmit_discards", "port_xmit_wait", "local_link_integrity_errors", "excessive_buffer_overrun_errors", "port_xmit_data", "port_rcv_data"])
            put($"{folder}/ports/1/counters/{counter}", "0\n");
        foreach (var counter in (string[])["rnr_nak_retry_err", "local_ack_timeout_err", "out_of_sequence", "packet_seq_err", "roce_slow_restart"])
            put($"{folder}/ports/1/hw_counters/{counter}", "0\n");
    }

    private static void WriteRdmaState(int index, RdmaState port, Action<string, string> put)
    {
        var folder = $"sys/class/infiniband/mlx5_{index}/ports/1";
        put($"{folder}/state", port.IsUp ? "4: ACTIVE\n" : "1: DOWN\n");
        put($"{folder}/phys_state", port.IsUp ? "5: LinkUp\n" : "2: Polling\n");
        put($"{folder}/rate", port.IsUp ? "400 Gb/sec (4X NDR)\n" : "10 Gb/sec (4X SDR)\n");
        put($"{folder}/counters/symbol_error", Number(port.SymbolErrors));
        put($"{folder}/counters/link_downed", Number(port.LinkDowned));
        put($"{folder}/counters/port_rcv_errors", Number(port.ReceiveErrors));
    }

    private static void WriteDisk(string name, Action<string, string> put)
    {
        var folder = $"sys/block/{name}";
        put($"{folder}/size", "7501476528\n");
        put($"{folder}/ro", "0\n");
        put($"{folder}/stat", "  120345        0  9876543    45678   234567        0 19876543    98765        0    76543   144443\n");
        put($"{folder}/device/model", "TWIN NVME 3.84TB\n");
        put($"{folder}/device/serial", $"TWIN{name}\n");
        put($"{folder}/device/firmware_rev", "TW01\n");
        put($"{folder}/device/state", "live\n");
    }

    /// <summary>The 512 bytes of log page 02h, byte for byte as Latin-1.</summary>
    private static string SmartPage(double wornPercent, bool isFailing)
    {
        Span<byte> page = stackalloc byte[512];
        page.Clear();
        page[0] = (byte)(isFailing ? 4 : 0);
        BinaryPrimitives.WriteUInt16LittleEndian(page[1..], 273 + 38);
        page[3] = (byte)(isFailing ? 40 : 100);
        page[4] = 10;
        page[5] = (byte)Math.Min(wornPercent, 255);
        BinaryPrimitives.WriteUInt64LittleEndian(page[48..], 91_000_000);
        BinaryPrimitives.WriteUInt64LittleEndian(page[128..], 6100);
        BinaryPrimitives.WriteUInt64LittleEndian(page[144..], 14);
        BinaryPrimitives.WriteUInt64LittleEndian(page[160..], isFailing ? 212u : 0u);
        return Encoding.Latin1.GetString(page);
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture) + "\n";
}
