using Appliance.Daemon.Loop;
using Appliance.Hardware;
using Appliance.Model;
using Appliance.Thermal;
using Microsoft.Extensions.Time.Testing;

namespace FastTests.Daemon;

/// <summary>A drive by hand ends when it was said to, whatever the configuration says by then.</summary>
public sealed class ManualOverrideTests
{
    [Theory]
    [InlineData(15, 600)]
    [InlineData(60, 600)]
    [InlineData(2, 120)]
    public void A_reload_never_lengthens_a_drive_by_hand_and_may_shorten_it(double minutes, double leftS)
    {
        var root = Directory.CreateTempSubdirectory("manual-");
        try
        {
            var time = new FakeTimeProvider();
            var board = BoardCatalogue.Load("hgx-h100-8");
            using var hardware = new BoxHardware(board, root.FullName, simulated: true, new GpuPoller(new Nvml(), board.Gpus.Count, TimeSpan.FromMilliseconds(100), TimeProvider.System));
            var requests = new LoopRequests();
            var state = new DaemonState(Config(15), RunPaths.Twin(root.FullName), simulated: true, hardware, ThermalSettings.From(board, Config(15).Daemon), new(board), requests, null!, null!, time) { Probe = null! };
            state.DriveManually(Duty.Full, null, TimeSpan.FromMinutes(10));

            state.Reload(Config(minutes));

            var (settings, input) = (ThermalSettings.From(board, state.Config.Daemon), new ThermalInput(board) { Manual = requests.Manual });
            var tick = ThermalLoop.Step(ThermalState.Boot(settings, null), input, settings, time.GetElapsedTime(0));
            var left = Enumerable.Range(0, tick.Commands.Conditions.Count).Select(i => tick.Commands.Conditions[i]).Where(c => c.Code == ConditionCode.ManualActive).Select(c => c.Value);
            Assert.Equal([leftS], left);
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    private static BoxConfig Config(double minutes)
    {
        var config = new BoxConfig();
        config.Daemon.ManualTimeoutMin = minutes;
        return config;
    }
}
