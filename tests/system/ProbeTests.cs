using System.Diagnostics;
using System.Text.Json;

namespace SystemTests;

/// <summary>
/// The probe against the twin's driver at its worst: real processes, the real P/Invoke path, hangs and refusals of the library itself.
/// </summary>
public sealed class ProbeTests
{
    [Fact]
    public void A_gpu_that_hangs_is_named_within_two_seconds_and_the_other_seven_keep_their_rate()
    {
        using var rig = Started();
        rig.Inject("gpu_hung", "gpu3");
        var clock = Stopwatch.StartNew();
        Wait.Until("gpu3 is called hung", TimeSpan.FromSeconds(4), () => Access(rig, 3) == "hung");
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 2.5); // the asking takes its time too

        var before = PowerReadAt(rig);
        Thread.Sleep(3000);
        var after = PowerReadAt(rig);
        for (var i = 0; i < 8; i++)
        {
            if (i == 3)
                Assert.Equal(before[i], after[i]);
            else
                Assert.InRange(after[i] - before[i], 1.5, 4.5); // a look a second
        }

        Assert.Equal("unreadable", Frame(rig, 3).GetProperty("state").GetString());
        rig.ClearFaults();
        Wait.Until("gpu3 answers again by itself", TimeSpan.FromSeconds(3), () => Access(rig, 3) == "good" && Frame(rig, 3).GetProperty("state").GetString() == "ok");
    }

    [Fact]
    public void A_driver_that_hangs_makes_the_box_blind_within_two_seconds_counted_at_full_power_and_seeing_again_by_itself()
    {
        using var rig = Started();
        rig.Inject("nvml_hang");
        var clock = Stopwatch.StartNew();
        Wait.Until("the probe says blind", TimeSpan.FromSeconds(4), () => Probe(rig).GetProperty("state").GetString() == "blind");
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 2.5);
        Assert.Contains("no call into the driver has returned", Probe(rig).GetProperty("fault").GetString(), StringComparison.Ordinal);
        Wait.Until("eight GPUs at 700 W", TimeSpan.FromSeconds(4), () =>
            JsonDocument.Parse(rig.Cli("thermal", "--json")).RootElement.GetProperty("heat_w").GetDouble() >= 5600);
        Assert.Equal(0, Probe(rig).GetProperty("starts").GetInt32() - 1); // nobody was started beside it

        rig.ClearFaults();
        Wait.Until("reading resumes", TimeSpan.FromSeconds(3), () =>
            Probe(rig).GetProperty("state").GetString() == "working" && Frames(rig).All(f => f.GetProperty("state").GetString() == "ok"));
    }

    [Fact]
    public void A_probe_that_sits_in_the_driver_outlives_its_daemon_and_the_next_daemon_starts_none_beside_it()
    {
        using var rig = Started();
        var pid = Probe(rig).GetProperty("pid").GetInt32();
        rig.Inject("nvml_hang");
        Wait.Until("blind", TimeSpan.FromSeconds(4), () => Probe(rig).GetProperty("state").GetString() == "blind");
        Box.Signal(rig.Daemon.Id, ProcessInterop.SIGKILL);
        rig.Daemon.WaitForExit();

        rig.StartDaemon();
        Wait.Until("the new daemon says who still waits", TimeSpan.FromSeconds(10), () =>
            Probe(rig).GetProperty("fault").GetString()!.Contains($"process {pid}, still waits", StringComparison.Ordinal));
        Assert.True(Directory.Exists($"/proc/{pid}"));

        rig.ClearFaults();
        Wait.Until("the old probe has gone and the new one reads", TimeSpan.FromSeconds(6), () =>
            !Directory.Exists($"/proc/{pid}") && Probe(rig).GetProperty("state").GetString() == "working" && Frames(rig).All(f => f.GetProperty("state").GetString() == "ok"));
    }

    [Theory]
    [InlineData(15, "lost")]
    [InlineData(16, "reset_required")]
    [InlineData(3, "refused")]
    [InlineData(999, "refused")]
    public void What_the_driver_answers_for_one_gpu_is_told_as_it_is_and_the_others_are_well(int code, string access)
    {
        using var rig = Started();
        rig.Inject("nvml_refuses", "gpu5", code);
        Wait.Until($"gpu5 is {access}", TimeSpan.FromSeconds(4), () => Access(rig, 5) == access);
        Assert.All(Enumerable.Range(0, 8).Where(i => i != 5), i => Assert.Equal("good", Access(rig, i)));
        rig.ClearFaults();
        Wait.Until("gpu5 is well", TimeSpan.FromSeconds(6), () => Access(rig, 5) == "good");
    }

    [Fact]
    public void An_older_driver_costs_what_it_does_not_have_and_nothing_else()
    {
        using var rig = new Rig();
        rig.Inject("nvml_old_driver");
        rig.StartDaemon();
        Wait.Until("the GPUs are read", TimeSpan.FromSeconds(10), () => Health(rig).GetProperty("gpus").EnumerateArray().All(g => g.GetProperty("access").GetString() == "good"));
        Wait.Until("the margin is absent", TimeSpan.FromSeconds(5), () => !Health(rig).GetProperty("gpus")[0].GetProperty("heat").TryGetProperty("margin_k", out _));
        var gpu = Health(rig).GetProperty("gpus")[0];
        Assert.True(gpu.GetProperty("heat").GetProperty("temperature_c").GetDouble() > 0);
        Assert.True(gpu.GetProperty("power").GetProperty("power_w").GetDouble() > 0);
        Assert.Equal("completed", gpu.GetProperty("fabric").GetProperty("state").GetString()); // by the structure's older version
        // Memory errors have a turn of their own.
        Wait.Until("what the driver has not is named", TimeSpan.FromSeconds(13), () => Health(rig).GetProperty("gpus")[0].GetProperty("refusals").EnumerateArray()
            .Any(r => r.GetProperty("call").GetString() == "nvmlDeviceGetSramEccErrorStatus" && r.GetProperty("code").GetString() == "FunctionNotFound"));
    }

    [Fact]
    public void Faults_of_the_health_bank_are_read_through_the_library_and_the_kernels_tree()
    {
        using var rig = Started();
        rig.Inject("pcie_downtrained", "gpu1", 3);
        rig.Inject("nvlink_down", "gpu2/link4");
        rig.Inject("row_remap_pending", "gpu4");
        rig.Inject("ecc_storm", "gpu6", 500);
        rig.Inject("fabric_mask", "gpu7", 0x11);
        rig.Inject("rdma_down", "mlx5_3");
        Wait.Until("the link under load is seen trained down", TimeSpan.FromSeconds(3), () =>
            Health(rig).GetProperty("gpus")[1].GetProperty("pcie").GetProperty("generation").GetInt32() == 3);
        Wait.Until("all of it is read, which takes ten seconds in turn", TimeSpan.FromSeconds(13), () =>
        {
            var gpus = Health(rig).GetProperty("gpus");
            return !gpus[2].GetProperty("nvlinks").GetProperty("links")[4].GetProperty("up").GetBoolean()
                && gpus[4].GetProperty("row_remaps").GetProperty("pending").GetBoolean()
                && gpus[6].GetProperty("ecc").GetProperty("volatile_corrected").GetInt64() > 500
                && gpus[7].GetProperty("fabric").GetProperty("degraded_bandwidth").GetBoolean()
                && gpus[7].GetProperty("fabric").GetProperty("route_unhealthy").GetBoolean()
                && Health(rig).GetProperty("rdma_ports")[3].GetProperty("state").GetString() == "DOWN";
        });
        Assert.Contains("143 of 144 links up", rig.Cli("fabric"), StringComparison.Ordinal);
        var log = File.ReadAllText(Path.Combine(rig.RunDirectory, "sysfs/dev/kmsg"));
        Assert.Contains("NVRM: Xid (PCI:0000:3b:00): 74, ", log, StringComparison.Ordinal);
        Assert.Contains("NVRM: Xid (PCI:0000:5b:00): 63, ", log, StringComparison.Ordinal);
    }

    private static Rig Started()
    {
        var rig = new Rig();
        rig.StartDaemon();
        Wait.Until("eight GPUs are read", TimeSpan.FromSeconds(15), () => Health(rig).GetProperty("gpus").EnumerateArray().All(g => g.GetProperty("access").GetString() == "good"));
        return rig;
    }

    private static JsonElement Answer(Rig rig) => JsonDocument.Parse(rig.Cli("gpus", "--json")).RootElement;

    private static JsonElement Health(Rig rig) => Answer(rig).GetProperty("health");

    private static JsonElement Probe(Rig rig) => Health(rig).GetProperty("probe");

    private static string? Access(Rig rig, int gpu) => Health(rig).GetProperty("gpus")[gpu].GetProperty("access").GetString();

    private static JsonElement[] Frames(Rig rig) => [.. Answer(rig).GetProperty("gpus").EnumerateArray()];

    private static JsonElement Frame(Rig rig, int gpu) => Frames(rig)[gpu];

    private static double[] PowerReadAt(Rig rig) =>
        [.. Health(rig).GetProperty("gpus").EnumerateArray().Select(g => g.GetProperty("power").GetProperty("at").GetDouble())];
}
