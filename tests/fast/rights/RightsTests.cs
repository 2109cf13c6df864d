using System.Net.Sockets;
using Appliance.Hardware;
using Appliance.Rights;

namespace FastTests.Rights;

public sealed class RightsTests : IDisposable
{
    private readonly List<string> _done = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("rights-").FullName;
    private (int Limited, IReadOnlyList<string> Refused) _lowest = (8, []);
    private bool _mayAll = true;

    private RightsServer Server => new(
        (uuid, watts) => { _done.Add($"{uuid} {watts}"); return watts < 100 ? "refused" : null; },
        (uuid, held) => { _done.Add($"{uuid} {(held ? "held" : "let go")}"); return null; },
        () => { _done.Add("lowest"); return _lowest; },
        arguments => { _done.Add(string.Join(' ', arguments)); return null; },
        _ => _mayAll);

    [Theory]
    [InlineData("limit GPU-7717b0c5-0000-4000-8000-000000000001 420.5", "GPU-7717b0c5-0000-4000-8000-000000000001 420.5")]
    [InlineData("clock GPU-1 lowest", "GPU-1 held")]
    [InlineData("clock GPU-1 free", "GPU-1 let go")]
    [InlineData("stop-engine", "kill --signal=SIGKILL inference-core.service")]
    [InlineData("power-off", "poweroff")]
    [InlineData("reboot", "reboot")]
    public void Five_verbs_are_the_control_planes(string line, string does)
    {
        Assert.Equal("ok", Server.Answer(line, all: true));
        Assert.Equal([does], _done);
    }

    [Theory]
    [InlineData("limit GPU-7717b0c5-0000-4000-8000-000000000001 700")]
    [InlineData("limit GPU-7717b0c5-0000-4000-8000-000000000001 0")]
    [InlineData("clock GPU-1 free")]
    [InlineData("clock GPU-1 lowest")]
    [InlineData("stop-engine")]
    [InlineData("power-off")]
    [InlineData("reboot")]
    public void Whoever_else_is_let_in_may_say_none_of_them(string line)
    {
        Assert.Equal("only the control plane may ask for this; others: lowest", Server.Answer(line, all: false));
        Assert.Empty(_done);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_lowest_limits_are_everybodys_verb(bool all)
    {
        Assert.Equal("ok 8", Server.Answer("lowest", all));
        Assert.Equal(["lowest"], _done);
    }

    [Theory]
    [InlineData("")]
    [InlineData("reboot now")]
    [InlineData("power-off now")]
    [InlineData("lowest 700")]
    [InlineData("limit GPU-1 NaN")]
    [InlineData("limit GPU-1 -5")]
    [InlineData("limit GPU-1 1e9")]
    [InlineData("limit GPU-1;reboot 300")]
    [InlineData("limit ../../etc 300")]
    [InlineData("clock GPU-1")]
    [InlineData("clock GPU-1 345")]
    [InlineData("clock ../../etc free")]
    [InlineData("stop-engine\nreboot")]
    public void Anything_else_does_nothing(string line)
    {
        Assert.Contains("not understood", Server.Answer(line, all: true), StringComparison.Ordinal);
        Assert.Empty(_done);
    }

    [Fact]
    public void Without_the_program_the_answer_is_no_and_says_why()
    {
        Assert.Contains("does not answer", RightsClient.Ask(Path.Combine(_folder, "nobody"), "stop-engine"), StringComparison.Ordinal);
        var (limited, fault) = RightsClient.LowestLimits(Path.Combine(_folder, "nobody"));
        Assert.Equal(0, limited);
        Assert.Contains("does not answer", fault, StringComparison.Ordinal);
    }

    /// <summary>Eight GPUs, each once a second: said each time it would be most of what a box' journal holds.</summary>
    [Fact]
    public void The_journal_hears_of_a_limit_once_and_again_when_anything_else_was_done()
    {
        var server = Server;
        Assert.True(server.IsNews("limit GPU-1 700", "ok"));
        Assert.True(server.IsNews("limit GPU-2 700", "ok"));
        Assert.False(server.IsNews("limit GPU-1 700", "ok"));
        Assert.True(server.IsNews("limit GPU-1 300", "ok"));
        Assert.True(server.IsNews("limit GPU-1 300", "refused"));
        Assert.True(server.IsNews("limit GPU-1 300", "ok"));
        Assert.True(server.IsNews("clock GPU-1 free", "ok"));
        Assert.True(server.IsNews("lowest", "ok 8"));
        Assert.True(server.IsNews("limit GPU-1 300", "ok"));
        Assert.True(server.IsNews("power-off", "ok"));
        Assert.True(server.IsNews("power-off", "ok"));
    }

    [Fact]
    public async Task A_refusal_reaches_the_control_plane() => await ServingAsync(path =>
    {
        Assert.Null(RightsClient.Ask(path, "limit GPU-1 300"));
        Assert.Equal("refused", RightsClient.Ask(path, "limit GPU-1 50"));
    });

    [Fact]
    public async Task How_many_gpus_stand_at_their_lowest_limit_reaches_whoever_asked_and_why_not_all()
    {
        _mayAll = false;
        await ServingAsync(path =>
        {
            Assert.Equal((8, null), RightsClient.LowestLimits(path));
            _lowest = (7, ["gpu3: the driver does not answer"]);
            Assert.Equal((7, "gpu3: the driver does not answer"), RightsClient.LowestLimits(path));
            _lowest = (0, ["libnvidia-ml.so.1 is not installed"]);
            Assert.Equal((0, "libnvidia-ml.so.1 is not installed"), RightsClient.LowestLimits(path));
            Assert.Equal("only the control plane may ask for this; others: lowest", RightsClient.Ask(path, "power-off"));
        });
    }

    /// <summary>Who faces a network cannot keep the control plane out by coming often and saying nothing.</summary>
    [Fact]
    public async Task Others_who_hold_their_places_keep_nobody_else_waiting()
    {
        _mayAll = false;
        await ServingAsync(path =>
        {
            var silent = Enumerable.Range(0, 2).Select(_ => Connect(path)).ToList();
            try
            {
                Assert.NotNull(RightsClient.LowestLimits(path).Fault); // a third of them is hung up on
                _mayAll = true;
                Assert.Null(RightsClient.Ask(path, "power-off"));
            }
            finally
            {
                silent.ForEach(s => s.Dispose());
            }
        });
    }

    [Fact]
    public async Task A_limit_that_waits_in_the_driver_keeps_no_power_off_waiting()
    {
        using var release = new ManualResetEventSlim();
        using var waits = new ManualResetEventSlim();
        var server = new RightsServer(
            (_, _) => { waits.Set(); release.Wait(TimeSpan.FromSeconds(10)); return null; }, (_, _) => null, () => (8, []), _ => null, _ => true);
        await ServingAsync(
            path =>
            {
                using var limit = Connect(path);
                limit.Send("limit GPU-1 300\n"u8);
                Assert.True(waits.Wait(TimeSpan.FromSeconds(10)));
                Assert.Null(RightsClient.Ask(path, "power-off"));
                release.Set();
            },
            server);
    }

    private static Socket Connect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private async Task ServingAsync(Action<string> ask, RightsServer? server = null)
    {
        var path = Path.Combine(_folder, "rights.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(4);
        var serving = Task.Run(() => (server ?? Server).Serve(listener), TestContext.Current.CancellationToken);

        ask(path);

        listener.Dispose();
        await Assert.ThrowsAnyAsync<Exception>(() => serving);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
