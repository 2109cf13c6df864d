using Appliance.Health;
using Appliance.Health.Board;
using Appliance.Model;

namespace FastTests.Health.Board;

/// <summary>What lies apart that should lie together: GPU, CPUs, RDMA port.</summary>
public sealed class NumaRulesTests
{
    private static readonly TimeSpan Now = TimeSpan.FromSeconds(100);
    private static readonly string?[] TwoNodes = ["0-55,112-167", "56-111,168-223"];

    [Fact]
    public void A_box_as_it_should_be_raises_nothing() => Assert.Empty(Find(Box()));

    [Fact]
    public void A_gpu_that_the_driver_gives_the_other_nodes_cpus_is_named()
    {
        var box = Box();
        var found = Assert.Single(Find(box with { Gpus = [.. box.Gpus.Select(g => g.Index == 5 ? With(g, 1, "0-55,112-167") : g)] }));
        Assert.Equal((BoardAlarms.GpuSettingsDiffer, "gpu5"), (found.Code, found.Target));
        Assert.Contains("NUMA node 1", found.Text);
    }

    [Fact]
    public void Cpus_of_both_nodes_are_not_the_own_nodes()
    {
        var box = Box();
        Assert.Equal("gpu2", Assert.Single(Find(box with { Gpus = [.. box.Gpus.Select(g => g.Index == 2 ? With(g, 0, "0-223") : g)] })).Target);
    }

    [Fact]
    public void A_quarter_of_the_own_node_is_near() // a machine whose last-level caches are nodes to the driver
    {
        var box = Box();
        Assert.Empty(Find(box with { Gpus = [.. box.Gpus.Select(g => g.Index == 2 ? With(g, 0, "28-41") : g)] }));
    }

    [Fact]
    public void A_gpu_whose_nearest_port_lies_on_the_other_node_is_named()
    {
        var box = Box();
        var found = Assert.Single(Find(box with { RdmaPorts = [.. box.RdmaPorts!.Select(p => p.Device == "mlx5_3" ? p with { NumaNode = 1 } : p)] }));
        Assert.Equal((BoardAlarms.GpuSettingsDiffer, "gpu3"), (found.Code, found.Target));
        Assert.Contains("mlx5_3 on node 1", found.Text);
    }

    [Fact]
    public void All_ports_on_one_node_name_the_gpus_of_the_other()
    {
        var box = Box();
        Assert.Equal(["gpu4", "gpu5", "gpu6", "gpu7"], Find(box with { RdmaPorts = [.. box.RdmaPorts!.Select(p => p with { NumaNode = 0 })] }).Select(f => f.Target));
    }

    [Fact]
    public void A_box_with_fewer_ports_than_gpus_shares_them()
    {
        var box = Box();
        Assert.Empty(Find(box with { RdmaPorts = [box.RdmaPorts![0]] }));
        // Two ports of one card, and what is virtual on it, are still one place.
        Assert.Empty(Find(box with { RdmaPorts = [.. Enumerable.Range(0, 16).Select(i => box.RdmaPorts![0] with { Device = $"mlx5_{i}", PciBusId = $"0000:18:00.{i % 8}" })] }));
    }

    [Fact]
    public void Ports_whose_node_nobody_knows_are_not_judged()
    {
        var box = Box();
        Assert.Empty(Find(box with { RdmaPorts = [.. box.RdmaPorts!.Select(p => p with { NumaNode = null })] }));
    }

    [Fact]
    public void One_gpu_or_one_node_raises_nothing()
    {
        var box = Box();
        Assert.Empty(Find(box with { Gpus = [With(box.Gpus[0], 0, "56-111")] }));
        var one = box with
        {
            Host = box.Host! with { NumaCpus = ["0-55"] },
            Gpus = [.. box.Gpus.Select(g => With(g, 0, "0-111"))],
            RdmaPorts = [.. box.RdmaPorts!.Select(p => p with { NumaNode = 0 })],
        };
        Assert.Empty(Find(one));
        // A virtual machine: no node is told, the CPUs are all there are.
        Assert.Empty(Find(one with { Gpus = [.. box.Gpus.Select(g => With(g, -1, "0-31"))] }));
    }

    [Fact]
    public void A_node_of_memory_alone_has_no_near_cpus()
    {
        var box = Box();
        Assert.Empty(Find(box with { Host = box.Host! with { NumaCpus = ["0-111", "112-223", ""] }, Gpus = [.. box.Gpus.Select(g => With(g, 2, "0-111"))], RdmaPorts = [] }));
    }

    [Theory]
    [InlineData("0-2,5", new[] { 0, 1, 2, 5 })]
    [InlineData("", new int[0])]
    [InlineData("7", new[] { 7 })]
    public void A_list_of_cpus_is_read(string text, int[] cpus) => Assert.Equal(cpus, CpuSet.Parse(text)!.Order());

    [Theory]
    [InlineData("x")]
    [InlineData("3-1")]
    [InlineData("-1")]
    [InlineData("0-999999999")]
    public void What_is_no_list_of_cpus_is_not_guessed(string text) => Assert.Null(CpuSet.Parse(text));

    private static IReadOnlyList<Finding> Find(BoxHealth box) =>
        new BoardRules(BoardMemory.Empty).Evaluate(new() { Health = box, Now = Now, GpusFitted = box.Gpus.Count }, (_, _) => false);

    private static GpuHealth With(GpuHealth gpu, int node, string cpus) =>
        gpu with { Topology = gpu.Topology! with { NumaNode = node, CpuAffinity = cpus } };

    /// <summary>Two processors, four GPUs and four ports on each, numbered as on an HGX H100.</summary>
    private static BoxHealth Box() => new()
    {
        At = Now,
        Probe = new() { At = Now, State = ProbeState.Working },
        Host = new() { At = Now, NumaCpus = TwoNodes },
        Gpus =
        [
            .. Enumerable.Range(0, 8).Select(i => new GpuHealth
            {
                Index = i,
                Access = GpuAccess.Good,
                Identity = new() { At = Now, PciBusId = $"00000000:{0x1b + i * 0x10:X2}:00.0" },
                Topology = new() { At = Now, NumaNode = i / 4, CpuAffinity = TwoNodes[i / 4] },
            }),
        ],
        RdmaPorts = [.. Enumerable.Range(0, 8).Select(i => new RdmaPortHealth { At = Now, Device = $"mlx5_{i}", Port = 1, State = "ACTIVE", PciBusId = $"0000:{0x18 + i * 0x10:x2}:00.0", NumaNode = i / 4 })],
    };
}
