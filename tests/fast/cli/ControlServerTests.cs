using System.Net.Sockets;
using System.Text;
using Appliance.Daemon.Control;
using Appliance.Hardware;
using Xunit;

namespace FastTests.Cli;

public sealed class ControlServerTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);
    private readonly string _directory = Directory.CreateTempSubdirectory("ctl").FullName;

    private string Path => System.IO.Path.Combine(_directory, "control.sock");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_question_is_answered_and_the_socket_is_for_owner_and_group()
    {
        await using var server = Start();
        Assert.Equal("srw-rw----", $"s{Mode(File.GetUnixFileMode(Path))}");
        using var client = await Connect();
        Assert.Equal(ControlReply.Done.ToString(), (await client.AskAsync("ping", null, Soon, Cancel)).ToString());
        Assert.Equal(Environment.ProcessId, client.Peer.Pid);
        var refused = Assert.IsType<ControlReply.Failed>(await client.AskAsync("pong", null, Soon, Cancel));
        Assert.Equal(("\"pong\" is not known here; known: crash, ping.", true), (refused.Line, refused.Usage));
    }

    [Fact]
    public async Task A_verb_that_throws_costs_one_answer_and_not_the_session()
    {
        await using var server = Start();
        using var client = await Connect();
        var failed = Assert.IsType<ControlReply.Failed>(await client.AskAsync("crash", null, Soon, Cancel));
        Assert.Equal("crash failed: InvalidOperationException: of course", failed.Line);
        Assert.IsType<ControlReply.Data>(await client.AskAsync("ping", null, Soon, Cancel));
    }

    [Fact]
    public async Task One_session_too_many_is_told_so()
    {
        await using var server = Start(new ControlServerOptions { MaxSessions = 1 });
        using var first = await Connect();
        await first.AskAsync("ping", null, Soon, Cancel);
        using var second = await Connect();
        var failed = Assert.IsType<ControlReply.Failed>(await second.AskAsync("ping", null, Soon, Cancel));
        Assert.Equal("1 sessions are open, which is the limit; close one.", failed.Line);
    }

    [Fact]
    public async Task A_line_without_end_is_told_so_and_hung_up_on()
    {
        await using var server = Start(new ControlServerOptions { MaxLineBytes = 100 });
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path), Cancel);
        await socket.SendAsync(Encoding.ASCII.GetBytes(new string('x', 200)), Cancel);
        var answer = new byte[1000];
        var read = await socket.ReceiveAsync(answer, Cancel);
        Assert.Equal("{\"ok\":false,\"error\":\"a line may have 100 bytes; this one has more.\"}\n", Encoding.UTF8.GetString(answer, 0, read));
        Assert.Equal(0, await socket.ReceiveAsync(answer, Cancel));
    }

    [Fact]
    public async Task A_dead_process_socket_is_replaced_and_the_own_one_removed()
    {
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            // Moved away under its owner, who would otherwise tidy up: a killed process does not.
            dead.Bind(new UnixDomainSocketEndPoint(Path + ".dead"));
            File.Move(Path + ".dead", Path);
        }

        Assert.True(File.Exists(Path));
        Assert.Null(await ControlClient.ConnectAsync(Path, TimeProvider.System, Cancel));
        await using (Start())
        {
            using var client = await Connect();
            Assert.IsType<ControlReply.Data>(await client.AskAsync("ping", null, Soon, Cancel));
        }

        Assert.Empty(Directory.GetFileSystemEntries(_directory));
    }

    [Fact]
    public void A_second_holder_of_a_role_is_told_the_first_ones_pid()
    {
        using (var held = RunLock.TryTake(_directory, "daemon", out _))
        {
            Assert.NotNull(held);
            Assert.Null(RunLock.TryTake(_directory, "daemon", out var holder));
            Assert.Equal(Environment.ProcessId, holder);
            using var other = RunLock.TryTake(_directory, "twin", out _);
            Assert.NotNull(other);
        }

        using var again = RunLock.TryTake(_directory, "daemon", out _);
        Assert.NotNull(again);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Mode(UnixFileMode mode) => string.Concat(Enumerable.Range(0, 9)
        .Select(i => ((int)mode & (0b100_000_000 >> i)) == 0 ? '-' : "rwx"[i % 3]));

    private ControlServer Start(ControlServerOptions? options = null) => ControlServer.Start(
        Path,
        new Dictionary<string, ControlVerb>
        {
            ["ping"] = (_, _, _) => ValueTask.FromResult(ControlReply.Done),
            ["crash"] = (_, _, _) => throw new InvalidOperationException("of course"),
        },
        options ?? new(),
        TimeProvider.System);

    private async Task<ControlClient> Connect() =>
        await ControlClient.ConnectAsync(Path, TimeProvider.System, Cancel) ?? throw new InvalidOperationException("Nobody listens.");
}
