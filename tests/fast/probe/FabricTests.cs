using Appliance.Daemon.Cli;
using Appliance.Daemon.Loop;
using Appliance.Daemon.Terminal;
using Appliance.Model;

namespace FastTests.Probe;

public sealed class FabricTests
{
    private static readonly DateTimeOffset _now = new(2026, 11, 23, 22, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan _at = TimeSpan.FromSeconds(100);

    [Fact]
    public void Eight_whole_gpus_are_a_whole_fabric()
    {
        var frame = FabricAssembly.Frame(Box(), _now);
        Assert.Equal(("ok", 144, 144), (frame.State, frame.NvlinksUp, frame.NvlinksTotal));
    }

    [Fact]
    public void Links_that_are_up_do_not_make_a_fabric_without_its_registration()
    {
        Assert.Equal("degraded", State(g => g with { Fabric = g.Fabric! with { State = FabricState.InProgress } }));
        Assert.Equal("degraded", State(g => g with { Fabric = g.Fabric! with { RouteUnhealthy = true } }));
        Assert.Equal("degraded", State(g => g with { Fabric = g.Fabric! with { Status = 999 } }));
        Assert.Equal("degraded", FabricAssembly.Frame(Box() with { Fabric = new() { ManagerAlive = false } }, _now).State);
    }

    [Fact]
    public void A_mask_that_is_not_zero_is_no_fault_by_itself() =>
        Assert.Equal("ok", State(g => g with { Fabric = g.Fabric! with { HealthMask = 0x21AA, IncorrectConfiguration = 1, DegradedBandwidth = false } }));

    [Fact]
    public void A_link_that_is_down_and_a_gpu_that_is_silent_are_degraded()
    {
        Assert.Equal("degraded", State(g => g with { Nvlinks = g.Nvlinks! with { Links = [.. g.Nvlinks.Links.Select(l => l with { Up = l.Link != 4 })] } }));
        Assert.Equal("degraded", State(g => g with { Nvlinks = g.Nvlinks! with { At = TimeSpan.FromSeconds(10) } }));
    }

    [Fact]
    public void A_machine_without_links_has_no_fabric_and_one_that_says_nothing_is_unknown()
    {
        Assert.Equal("none", FabricAssembly.Frame(Box() with { Gpus = [new() { Access = GpuAccess.Good }] }, _now).State);
        Assert.Equal("unknown", FabricAssembly.Frame(new() { At = _at, Gpus = [new()] }, _now).State);
    }

    [Fact]
    public void The_verb_names_the_gpu_the_link_and_what_the_mask_means()
    {
        var box = Degraded();
        var lines = FabricText.Lines(FabricAssembly.Frame(box, _now), box, new Screen(120, 40, Colour: false, Unicode: true)).ToArray();
        Assert.StartsWith("NVLink  degraded  143 of 144 links up", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, l => l.Contains("gpu3  fabric completed, status 0, health mask 0x1 (degraded bandwidth)", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("gpu3  link 4 is down", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("en", "gpu3  fabric completed, status 0, health mask 0x1 (degraded bandwidth)", "gpu3  link 4 is down")]
    [InlineData("zh", "gpu3  互连 完成，状态码 0，健康掩码 0x1 (带宽降级)", "gpu3  链路 4 断开")]
    public void The_consoles_page_names_the_same(string language, params string[] said)
    {
        var box = Degraded();
        var lines = GpuPages.Fabric(FabricAssembly.Frame(box, _now), box, ConsoleWords.Of(language), 80).Select(l => l.Text).ToArray();
        Assert.Equal(said, lines.Where(l => l.StartsWith("gpu", StringComparison.Ordinal)));
    }

    [Fact]
    public void All_that_a_mask_can_say_fits_the_consoles_lines()
    {
        foreach (var words in (ConsoleWords[])[ConsoleWords.English, ConsoleWords.Chinese])
        {
            var mask = new GpuFabric { At = _at, State = FabricState.InProgress, HealthMask = 0x2fff, DegradedBandwidth = true, RouteRecovery = true, RouteUnhealthy = true, AccessTimeoutRecovery = true, IncorrectConfiguration = 3 };
            var box = Degraded();
            box = box with { Gpus = [.. box.Gpus.Select(g => g with { Fabric = mask })] };
            var lines = GpuPages.Fabric(FabricAssembly.Frame(box, _now), box, words, 80).Select(l => l.Text).ToArray();
            Assert.All(lines, l => Assert.InRange(CellWidth.Of(l), 0, 79));
            foreach (var said in (string[])[words.Page.DegradedBandwidth, words.Page.RouteRecovery, words.Page.RouteUnhealthy, words.Page.AccessTimeoutRecovery])
                Assert.Contains(said.Replace(" ", "", StringComparison.Ordinal), string.Concat(lines).Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }
    }

    private static BoxHealth Degraded()
    {
        var box = Box();
        var gpu = box.Gpus[3];
        return box with
        {
            Gpus = [.. box.Gpus.Select(g => g.Index == 3
                ? gpu with { Fabric = gpu.Fabric! with { DegradedBandwidth = true, HealthMask = 1 }, Nvlinks = gpu.Nvlinks! with { Links = [.. gpu.Nvlinks.Links.Select(l => l with { Up = l.Link != 4 })] } }
                : g)],
        };
    }

    private static string State(Func<GpuHealth, GpuHealth> change)
    {
        var box = Box();
        return FabricAssembly.Frame(box with { Gpus = [.. box.Gpus.Select(g => g.Index == 3 ? change(g) : g)] }, _now).State;
    }

    private static BoxHealth Box() => new()
    {
        At = _at,
        Probe = new() { State = ProbeState.Working },
        Fabric = new() { Switches = 4, ManagerAlive = true, ManagerPid = 4242 },
        Gpus = [.. Enumerable.Range(0, 8).Select(i => new GpuHealth
        {
            Index = i,
            Access = GpuAccess.Good,
            Fabric = new() { At = _at, State = FabricState.Completed },
            Nvlinks = new() { At = _at, Fitted = 18, Links = [.. Enumerable.Range(0, 18).Select(l => new NvlinkHealth { Link = l, Up = true })] },
        })],
    };
}
