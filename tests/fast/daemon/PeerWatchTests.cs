using System.Net;
using System.Net.Sockets;
using Appliance.Daemon.Health;
using Appliance.Health;
using Appliance.Health.Board;
using Appliance.Model;

namespace FastTests.Daemon;

/// <summary>The way to other nodes: measured on a real connection, judged by what was agreed and by what is usual.</summary>
public sealed class PeerWatchTests
{
    [Fact]
    public async Task A_peer_that_listens_has_a_round_trip_by_the_kernels_own_clock_and_a_device()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(); // the kernel answers: nobody here ever accepts
        var peer = Assert.Single(await Look($"127.0.0.1:{((IPEndPoint)listener.LocalEndPoint!).Port}"));
        Assert.InRange(peer.LatencyUs!.Value, 1, 100_000);
        Assert.Equal((null, "lo"), (peer.Fault, peer.NetDevice));
    }

    [Fact]
    public async Task A_peer_that_does_not_answer_says_why_and_has_no_round_trip()
    {
        var peer = Assert.Single(await Look("127.0.0.1:1"));
        Assert.Null(peer.LatencyUs);
        Assert.NotNull(peer.Fault);
        Assert.Empty(await Look(null));
        Assert.Empty(await Look(" , "));
    }

    [Theory]
    [InlineData("box2", "box2", 8000)]
    [InlineData("box2:8001", "box2", 8001)]
    [InlineData("[fd00::2]:8001", "fd00::2", 8001)]
    [InlineData("fd00::2", "fd00::2", 8000)]
    public void A_peer_is_a_name_and_perhaps_a_port(string name, string host, int port) => Assert.Equal((host, port), PeerWatch.Parse(name));

    [Fact]
    public void A_peer_on_a_rail_is_that_ports_latency_and_is_told_once()
    {
        var box = new BoxHealth { RdmaPorts = [new() { Device = "mlx5_0", Port = 1, NetDevice = "ens1" }, new() { Device = "mlx5_1", Port = 1, NetDevice = "ens2" }] };
        box = box.WithPeers([new() { Name = "box2", NetDevice = "ens2", LatencyUs = 700 }, new() { Name = "box3", NetDevice = "eth0", LatencyUs = 600 }]);
        Assert.Equal([null, 700.0], box.RdmaPorts!.Select(p => p.LatencyUs));
        var found = new BoardRules(BoardMemory.Empty).Evaluate(new() { Health = box }, (_, _) => false);
        Assert.Equal(["box3", "mlx5_1"], found.Where(f => f.Code == BoardAlarms.NodeLatencyHigh).Select(f => f.Target).Order());
    }

    [Fact]
    public void A_way_that_takes_three_times_what_it_used_to_is_told_below_the_limit_too_until_a_person_accepts_it()
    {
        var rules = new BoardRules(BoardMemory.Empty);
        Assert.Empty(Judge(rules, 1, 40));
        Assert.Empty(Judge(rules, 2, 85)); // twice: a busy switch
        var text = Assert.Single(Judge(rules, 3, 180)).Text;
        Assert.Contains("180 µs", text, StringComparison.Ordinal);
        Assert.Contains("normal is 40 µs", text, StringComparison.Ordinal);
        rules.Accept(BoardAlarms.NodeLatencyHigh, "box2");
        Assert.Empty(Judge(rules, 4, 180));
        Assert.Contains("limit 500 µs", Assert.Single(Judge(rules, 5, 510)).Text, StringComparison.Ordinal);
    }

    private static IReadOnlyList<Finding> Judge(BoardRules rules, int second, double us)
    {
        var at = TimeSpan.FromSeconds(second);
        return rules.Evaluate(new() { Health = new() { At = at, Peers = [new() { At = at, Name = "box2", LatencyUs = us }] }, Now = at }, (_, _) => false);
    }

    private static Task<IReadOnlyList<PeerHealth>> Look(string? peers) => new PeerWatch(() => peers, TimeProvider.System).LookAsync(CancellationToken.None);
}
