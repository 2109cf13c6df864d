using Appliance.Daemon.TwinProcess;
using Appliance.Hardware;
using Appliance.Model;
using Appliance.Twin;

namespace FastTests.Hardware;

/// <summary>Ports, disks, mounts and the host, read from the kernel's tree as the twin writes it.</summary>
public sealed class HostSurveyTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("host-").FullName;
    private readonly HealthBank _bank = new(8);

    [Fact]
    public void A_port_is_read_with_its_state_rate_and_counters()
    {
        _bank.Inject(new(FaultKind.RdmaDown, "mlx5_3"));
        _bank.Inject(new(FaultKind.RdmaErrors, "mlx5_5", 100));
        _bank.Step(2, stackalloc double[8], stackalloc double[8]);
        var ports = Read().RdmaPorts!;
        Assert.Equal(8, ports.Count);
        Assert.Equal(("mlx5_0", 1, "ACTIVE", "LinkUp", 400.0, "4X NDR", "InfiniBand"),
            (ports[0].Device, ports[0].Port, ports[0].State, ports[0].PhysState, ports[0].RateGbS, ports[0].RateText, ports[0].LinkLayer));
        Assert.Equal(("0000:18:00.0", 0, "ib0", 17), (ports[0].PciBusId, ports[0].NumaNode, ports[0].NetDevice, ports[0].Lid));
        Assert.Equal(("DOWN", "Polling", 1L), (ports[3].State, ports[3].PhysState, ports[3].LinkDowned));
        Assert.Equal((212L, 50L), (ports[5].SymbolErrors, ports[5].ReceiveErrors));
    }

    [Fact]
    public void A_disk_tells_its_wear_and_what_smart_warns_of()
    {
        _bank.Inject(new(FaultKind.DiskWorn, "nvme1n1", 97));
        _bank.Inject(new(FaultKind.DiskFailing, "nvme2n1"));
        var disks = Read().Disks!;
        Assert.Equal(["nvme0n1", "nvme1n1", "nvme2n1", "nvme3n1"], disks.Select(d => d.Name));
        Assert.Equal((3, 97), (disks[0].Smart!.PercentageUsed, disks[1].Smart!.PercentageUsed));
        Assert.Equal((4, 212L, 40), (disks[2].Smart!.CriticalWarning, disks[2].Smart!.MediaErrors, disks[2].Smart!.AvailableSparePercent));
        Assert.Equal((38.0, "live", "nvme", 7_501_476_528L * 512), (disks[0].TemperatureC, disks[0].State, disks[0].Transport, disks[0].SizeBytes));
    }

    [Fact]
    public void The_fabric_manager_is_alive_until_its_process_is_gone()
    {
        Assert.Equal((true, 4), (Read().Fabric!.ManagerAlive, Read().Fabric!.Switches));
        _bank.Inject(new(FaultKind.FabricManagerDead, ""));
        var dead = Read().Fabric!;
        Assert.Equal((false, (int?)null), (dead.ManagerAlive, dead.ManagerPid));
    }

    [Fact]
    public void The_host_tells_driver_peermem_raid_mounts_and_who_keeps_the_time()
    {
        var read = Read();
        Assert.Equal(("580.159.04", true, true), (read.Host!.DriverModuleVersion, read.Host.PeermemLoaded, read.Host.DmabufAvailable));
        Assert.Equal(["0-55,112-167", "56-111,168-223"], read.Host.NumaCpus);
        Assert.Equal("chronyd", read.Clock!.Source);
        Assert.Equal(("raid1", "clean", 0), (read.Raids![0].Level, read.Raids[0].State, read.Raids[0].Degraded));
        var mount = Assert.Single(read.Mounts!);
        Assert.Equal(("/", "ext4", false), (mount.Point, mount.FileSystem, mount.ReadOnly));
        Assert.True(mount.FreeBytes > 0);
    }

    [Fact]
    public void A_bare_tree_is_absent_and_no_error()
    {
        var bare = Directory.CreateTempSubdirectory("bare-");
        try
        {
            var read = new HostSurveyor(bare.FullName, TimeProvider.System, _ => { }).ReadOnce();
            Assert.Equal((0, 0, 0, 0), (read.RdmaPorts!.Count, read.Disks!.Count, read.Raids!.Count, read.Mounts!.Count));
            Assert.Equal((null, null, false, 0), (read.Host!.BootId, read.Host.PeermemLoaded, read.Fabric!.ManagerAlive, read.Fabric.Switches));
        }
        finally
        {
            bare.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("/mnt/with\\040space", "/mnt/with space")]
    [InlineData("/plain", "/plain")]
    [InlineData("/odd\\", "/odd\\")]
    public void A_mount_point_is_written_by_the_kernel_with_octal_escapes(string written, string point) => Assert.Equal(point, Mounts.Unescape(written));

    private BoxHealth Read()
    {
        void Put(string path, string text)
        {
            var full = Path.Combine(_root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            if (text.Length == 0)
                File.Delete(full);
            else
                File.WriteAllBytes(full, System.Text.Encoding.Latin1.GetBytes(text));
        }

        TwinHostFiles.Write(Put);
        TwinHostFiles.WriteMoving(_bank, Put);
        return new HostSurveyor(_root, TimeProvider.System, _ => { }).ReadOnce();
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
