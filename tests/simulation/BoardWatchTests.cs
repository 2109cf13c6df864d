using Appliance.Daemon.Simulation;
using Appliance.Model;
using Appliance.Thermal;
using Appliance.Twin;

namespace SimulationTests;

/// <summary>The campaign's judges of parts that only some boards have see what is wrong with them. A fault that the judge is not told of stands for a product that fails.</summary>
public sealed class BoardWatchTests
{
    private static readonly ScenarioFault[] NoFlow =
    [
        new(60, null, new(FaultKind.HostPanic, "")), new(60, null, new(FaultKind.PumpDead, "pump1")), new(60, null, new(FaultKind.PumpDead, "pump2")),
    ];

    [Fact]
    public void A_brake_that_is_not_pulled_is_seen_and_one_that_is_buys_its_time()
    {
        Assert.Null(Play(Boards.Brake, 90, NoFlow, []));
        Assert.Contains("the power brake was not pulled", Play(Boards.Brake, 90, NoFlow, [new(60, null, new(FaultKind.PowerBrakeDead, "power_brake"))]), StringComparison.Ordinal);
        Assert.Contains("the power brake was not pulled", Play(Boards.Brake, 90, NoFlow, [new(60, null, new(FaultKind.FlowSwitchBlind, "flow_switch1"))]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_switch_that_pulls_for_nothing_stops_no_engine_and_a_loop_that_lets_it_is_seen()
    {
        ScenarioFault[] pulls = [new(60, null, new(FaultKind.FlowSwitchPulls, "flow_switch1"))];
        Assert.Null(Play(Boards.Brake, 120, pulls, []));
        AssertSays("the engine was stopped", Play(Boards.Brake, 120, pulls, [], control: new Meddling((_, _) => { }, parks: true)));
    }

    [Theory]
    [InlineData(60, "the dehumidifier starts again after 60.0 s")]
    [InlineData(170, "the dehumidifier ends after 170.0 s")]
    [InlineData(190, null)]
    public void A_device_that_chatters_is_seen(int everyS, string? said)
    {
        var seen = Play(Boards.Humidity, 900, [], [], 48, control: new Meddling((twin, now) =>
        {
            Drive(twin, "dehumidifier", (int)now.TotalSeconds / everyS % 2 == 0);
            Drive(twin, "humidifier", false);
        }));
        AssertSays(said, seen);
    }

    [Fact]
    public void Two_devices_that_run_together_are_seen()
    {
        var seen = Play(Boards.Humidity, 60, [], [], 45, control: new Meddling((twin, _) =>
        {
            Drive(twin, "dehumidifier", true);
            Drive(twin, "humidifier", true);
        }));
        AssertSays("dehumidifier and humidifier run together", seen);
    }

    [Theory]
    [InlineData(75, "dehumidifier1", "and the dehumidifier has stood for")]
    [InlineData(20, "humidifier1", "and the humidifier has stood for")]
    public void A_device_that_stands_while_the_room_needs_it_is_seen(double percent, string device, string said)
    {
        Assert.Null(Play(Boards.Humidity, 900, [], [], percent));
        AssertSays(said, Play(Boards.Humidity, 900, [], [new(0, null, new(FaultKind.MoistureDead, device))], percent));
    }

    [Theory]
    [InlineData(FaultKind.DaemonKilled, "daemon", "s after its daemon died")]
    [InlineData(FaultKind.DaemonStopped, "daemon", "s after its daemon died")]
    [InlineData(FaultKind.SensorOpen, "humidity1", "s after the humidity could last be read")]
    public void A_device_that_nobody_switches_off_is_seen(FaultKind kind, string target, string said)
    {
        ScenarioFault[] told = [new(60, null, new(kind, target))];
        Assert.Null(Play(Boards.Humidity, 120, told, [], 75));
        AssertSays(said, Play(Boards.Humidity, 120, told, [new(50, null, new(FaultKind.MoistureLineStuck, "dehumidifier1"))], 75));
    }

    [Fact]
    public void Fans_that_leave_a_cabinet_warm_are_seen()
    {
        Assert.Null(Play(Boards.Cabinet, 300, [], [], roomC: 26));
        AssertSays("with fans below full", Play(Boards.Cabinet, 300, [], [], roomC: 26, control: new Meddling((twin, _) =>
        {
            for (var i = 0; i < twin.FanCount; i++)
                twin.WriteFan(i, 30);
        })));
    }

    [Fact]
    public void A_bypass_that_leaves_the_coolant_cold_is_seen()
    {
        Assert.Null(Play(Boards.Bypass, 900, [], [], watts: 75, roomC: 5));
        AssertSays("with the bypass 0 % open", Play(Boards.Bypass, 900, [], [], watts: 75, roomC: 5, control: new Meddling((twin, _) => twin.WriteBypassValve(255))));
    }

    private static void AssertSays(string? said, string? seen)
    {
        if (said is null)
            Assert.Null(seen);
        else
            Assert.Contains(said, seen ?? "nothing", StringComparison.Ordinal);
    }

    private static void Drive(BoxTwin twin, string kind, bool on) =>
        twin.WriteLine(Boards.Humidity.Lines.Select((l, i) => (l.Kind, i)).Single(l => l.Kind == kind).i, on);

    /// <param name="told">What the judge knows of.</param>
    /// <param name="untold">What breaks besides.</param>
    private static string? Play(
        Board board, double seconds, IReadOnlyList<ScenarioFault> told, IReadOnlyList<ScenarioFault> untold, double percent = 45, double watts = 700, double roomC = 20,
        Meddling? control = null)
    {
        var known = new Scenario
        {
            Name = "judge",
            DurationS = seconds,
            Cooling = board.Cooling,
            RoomRhPercent = Series.Constant(percent),
            AmbientC = Series.Constant(roomC),
            GpuPowerW = [Series.Constant(watts)],
            Faults = told,
        };
        var watches = IBoardWatch.Of(board, known, coolable: true);
        Assert.Single(watches);
        string? broken = null;
        SimulationRun? run = null;
        run = new(known with { Faults = [.. told, .. untold] }, board, control?.On(board)) { Observe = t => broken ??= watches[0].Broken(t, run!) };
        run.Run(TimeProvider.System);
        return broken;
    }

    /// <summary>The product's own loop, and somebody who writes after it.</summary>
    private sealed class Meddling(Action<BoxTwin, TimeSpan> after, bool parks = false) : ISimulatedControl
    {
        private ThermalControl? _loop;

        public Meddling On(Board board)
        {
            _loop = new(board);
            return this;
        }

        public double? ControlledC => _loop!.ControlledC;

        public ref readonly ConditionList Conditions => ref _loop!.Conditions;

        public ThermalMode Mode => _loop!.Mode;

        public double? CapacityW => _loop!.CapacityW;

        public bool Parked => parks || _loop!.Parked;

        public bool ShutDown => _loop!.ShutDown;

        public void Tick(BoxTwin twin, TimeSpan now)
        {
            _loop!.Tick(twin, now);
            after(twin, now);
        }

        public void Restart() => _loop!.Restart();
    }
}
