using Appliance.Daemon.Control;
using Appliance.Daemon.Simulation;
using Appliance.Health;
using Appliance.Model;
using Appliance.Twin;

namespace SimulationTests;

/// <summary>A daemon that is started again while something is broken: the loop looks anew, and what stood stands until it was found again.</summary>
public sealed class ColdLoopTests
{
    private const double RestartsAtS = 900;

    [Theory]
    [InlineData("heat", AlarmCatalogue.HeatUnaccounted)]
    [InlineData("radiator", AlarmCatalogue.RadiatorFouled)]
    [InlineData("valve", AlarmCatalogue.ValveMismatch)]
    [InlineData("idle", AlarmCatalogue.SetpointUnreachable)]
    [InlineData("F14", AlarmCatalogue.SensorStuck)]
    [InlineData("F3", AlarmCatalogue.FanTachLost)]
    [InlineData("F15", AlarmCatalogue.SensorDisagrees)]
    [InlineData("F17", AlarmCatalogue.SensorNoisy)]
    [InlineData("F39", AlarmCatalogue.SensorsSwapped)]
    [InlineData("F12", null)]
    [InlineData("F45", null)]
    public void No_alarm_ends_at_a_restart_and_begins_again_after_it(string id, string? stands)
    {
        var (flaps, stood) = Play(id, restart: true);
        if (stands is not null)
            Assert.Contains(stands, stood);
        var own = flaps.Except(Play(id, restart: false).Flaps); // what comes and goes by itself is no restart's doing
        Assert.Empty(stands == AlarmCatalogue.ValveMismatch ? own.Where(f => f.StartsWith(stands, StringComparison.Ordinal)) : own); // without its valve the loop is short of cold anew
    }

    private static (List<string> Flaps, List<string> Stood) Play(string id, bool restart)
    {
        var scenario = Of(id);
        var board = Boards.Of(scenario.Cooling ?? Boards.Hgx.Cooling);
        var book = AlarmBook.Empty;
        var (restarted, next) = (false, 0.0);
        List<string> stood = [], flaps = [];
        HashSet<(string, string)> cleared = [];
        SimulationRun? run = null;
        run = new(scenario, board)
        {
            Observe = t =>
            {
                if (t < next)
                    return;
                next += 0.5;
                if (t >= RestartsAtS && !restarted)
                {
                    restarted = true;
                    stood.AddRange(book.Standing.Select(a => a.Code));
                    if (restart)
                    {
                        book = AlarmBook.Of(book.Standing);
                        run!.Control.Restart();
                        return;
                    }
                }

                var step = AlarmBook.Step(book, ThermalFindings.Of(in run!.Control.Conditions, board), new(TimeSpan.FromSeconds(t), DateTimeOffset.UnixEpoch.AddSeconds(t)));
                book = step.Book;
                foreach (var change in restarted ? step.Changes : [])
                {
                    var key = (change.Alarm.Code, change.Alarm.Target);
                    if (change is AlarmChange.Cleared)
                        cleared.Add(key);
                    else if (change is AlarmChange.Raised && cleared.Contains(key))
                        flaps.Add($"{key.Code} {key.Target}");
                }
            },
        };
        run.Run(TimeProvider.System);
        return (flaps, stood);
    }

    private static Scenario Of(string id) => id switch
    {
        "heat" => Broken(700, [Low("flow1"), Low("flow2")]), // flow meters that read low together
        "radiator" => Broken(350, [new(FaultKind.RadiatorFouled, "", 55)]),
        "valve" => Broken(0, [new(FaultKind.ValveStuck, "valve1")]) with
        {
            Cooling = Boards.Cdu.Cooling,
            GpuPowerW = [new Series([0, 300, 330, RestartsAtS + 1200], [350, 350, 430, 430])], // a valve that nobody moves cannot be seen to stick
        },
        "idle" => Broken(72, []) with { AmbientC = Series.Constant(12) },
        _ => Of(FaultTable.Rows.Single(r => r.Id == id)),
    };

    private static Scenario Of(FaultRow row) => Broken(row.LoadW, [.. row.Faults.Select(f => f.Fault)]) with { Cooling = row.Cooling };

    private static FaultSpec Low(string meter) => new(FaultKind.SensorBias, meter, -3);

    private static Scenario Broken(double loadW, FaultSpec[] faults) => new()
    {
        Name = "restart",
        DurationS = RestartsAtS + 1200,
        GpuPowerW = [Series.Constant(loadW)],
        Faults = [.. faults.Select(f => new ScenarioFault(FaultTable.StrikesAtS, null, f))],
    };
}
