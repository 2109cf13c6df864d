using Appliance.Daemon.Loop;
using Appliance.Health;
using Appliance.Model;
using FastTests.Bus;

namespace FastTests.Daemon;

public sealed class DaemonStartTests
{
    [Fact]
    public async Task What_stood_in_the_earlier_life_stands_before_anybody_can_ask_or_acknowledge()
    {
        using var folder = new TemporaryDirectory();
        var paths = RunPaths.Twin(folder.Path);
        Assert.Null(new AlarmBookFile(paths.State).Write([new("fan_stalled", "fan3", Severity.Critical, "fan3 does not turn.", "Replace it.", DateTimeOffset.UnixEpoch)]));
        using var stop = new CancellationTokenSource();
        IReadOnlyList<Alarm>? stood = null;
        await DaemonProcess.RunAsync(
            new(), paths, simulated: true, TimeProvider.System,
            state =>
            {
                state.Alarms.Acknowledge("fan_stalled", null, "ada"); // whoever asks first
                stood = state.Alarms.Standing;
                stop.Cancel();
                return new Nobody();
            },
            configFault: null, _ => null, stop.Token);
        Assert.Equal([("fan_stalled", true)], stood!.Select(a => (a.Code, a.Acknowledged)));
        Assert.Equal([("fan_stalled", true)], new AlarmBookFile(paths.State).Read(out _).Select(a => (a.Code, a.Acknowledged)));
    }

    private sealed class Nobody : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
