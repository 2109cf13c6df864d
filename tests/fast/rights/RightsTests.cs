using System.Net.Sockets;
using Appliance.Hardware;
using Appliance.Rights;

namespace FastTests.Rights;

public sealed class RightsTests : IDisposable
{
    private readonly List<string> _done = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("rights-").FullName;

    private RightsServer Server => new(
        (uuid, watts) => { _done.Add($"{uuid} {watts}"); return watts < 100 ? "refused" : null; },
        arguments => { _done.Add(string.Join(' ', arguments)); return null; });

    [Theory]
    [InlineData("limit GPU-7717b0c5-0000-4000-8000-000000000001 420.5", "GPU-7717b0c5-0000-4000-8000-000000000001 420.5")]
    [InlineData("stop-engine", "kill --signal=SIGKILL inference-core.service")]
    [InlineData("power-off", "poweroff")]
    [InlineData("reboot", "reboot")]
    public void Four_verbs_are_known(string line, string does)
    {
        Assert.Null(Server.Answer(line));
        Assert.Equal([does], _done);
    }

    [Theory]
    [InlineData("")]
    [InlineData("reboot now")]
    [InlineData("power-off now")]
    [InlineData("limit GPU-1 NaN")]
    [InlineData("limit GPU-1 -5")]
    [InlineData("limit GPU-1 1e9")]
    [InlineData("limit GPU-1;reboot 300")]
    [InlineData("limit ../../etc 300")]
    [InlineData("stop-engine\nreboot")]
    public void Anything_else_does_nothing(string line)
    {
        Assert.Contains("not understood", Server.Answer(line), StringComparison.Ordinal);
        Assert.Empty(_done);
    }

    [Fact]
    public void Without_the_program_the_answer_is_no_and_says_why() =>
        Assert.Contains("does not answer", RightsClient.Ask(Path.Combine(_folder, "nobody"), "stop-engine"), StringComparison.Ordinal);

    [Fact]
    public async Task A_refusal_reaches_the_control_plane()
    {
        var path = Path.Combine(_folder, "rights.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(4);
        var serving = Task.Run(() => Server.Serve(listener), TestContext.Current.CancellationToken);

        Assert.Null(RightsClient.Ask(path, "limit GPU-1 300"));
        Assert.Equal("refused", RightsClient.Ask(path, "limit GPU-1 50"));

        listener.Dispose();
        await Assert.ThrowsAnyAsync<Exception>(() => serving);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
