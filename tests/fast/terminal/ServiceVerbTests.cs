using Appliance.Daemon.Cli;
using Appliance.Daemon.Commissioning;
using Appliance.Daemon.Control;
using Appliance.Model;

namespace FastTests.Terminal;

/// <summary>Service mode against a control socket that says when somebody gives up.</summary>
public sealed class ServiceVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("service-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_gives_up_while_the_box_takes_the_drive_to_full_gives_it_back(bool fan)
    {
        using var gaveUp = new CancellationTokenSource();
        var automatic = 0;
        var verbs = new Dictionary<string, ControlVerb>
        {
            ["thermal"] = (_, _, _) => ValueTask.FromResult<ControlReply>(ControlReply.Of(new() { Ts = default, Mode = "running", Fans = [new("fan3", 60, 3400, "ok", "")] }, ControlJson.Default.ThermalFrame)),
            ["drive"] = async (request, _, cancel) =>
            {
                if (request.Args.TryGetProperty("automatic", out System.Text.Json.JsonElement _))
                {
                    automatic++;
                    return ControlReply.Done;
                }

                await gaveUp.CancelAsync();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
                return ControlReply.Done;
            },
        };
        var paths = RunPaths.Twin(_folder);
        Directory.CreateDirectory(Path.GetDirectoryName(paths.ControlSocket)!);
        await using (ControlServer.Start(paths.ControlSocket, verbs, new(), TimeProvider.System))
        {
            using var said = new StringWriter();
            var (box, output) = (new BoxClient(paths, TimeProvider.System), new Output(said, said, new(80, 24, false, false), json: false));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fan
                ? ServiceVerb.FanAsync(box, "fan3", ServiceWords.English, output, TimeProvider.System, gaveUp.Token)
                : ServiceVerb.CoolantAsync(box, filled: true, ServiceWords.English, output, TimeProvider.System, gaveUp.Token));
        }

        Assert.Equal(1, automatic);
    }
}
