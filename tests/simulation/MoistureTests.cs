using Appliance.Daemon.Loop;
using Appliance.Daemon.Simulation;
using Appliance.Hardware;
using Appliance.Model;
using Appliance.Thermal;
using Appliance.Twin;

namespace SimulationTests;

/// <summary>A board with a dehumidifier and a humidifier, in rooms that need them.</summary>
public sealed class MoistureTests
{
    private const double Hour = 3600;

    [Theory]
    [InlineData(70, 0)]
    [InlineData(70, 3)]
    [InlineData(25, 0)]
    [InlineData(25, 3)]
    public void A_room_too_wet_or_too_dry_comes_into_its_band_and_stays(double ownPercent, int seed)
    {
        double inside = double.NaN, outsideS = 0, margin = double.MaxValue;
        var (both, switches, last) = (false, 0, (false, false));
        Play(Boards.Humidity, seed, Series.Constant(25), Series.Constant(ownPercent), 3 * Hour, (t, twin, control) =>
        {
            margin = Math.Min(margin, twin.Truth.CoolestSurfaceC - twin.Truth.RoomDewPointC);
            var isIn = Math.Abs(twin.Truth.RoomRhPercent - 45) <= 5;
            inside = double.IsNaN(inside) && isIn ? t : inside;
            outsideS += !double.IsNaN(inside) && !isIn ? 0.1 : 0;
            var now = (control.Last.Commands.Dehumidify, control.Last.Commands.Humidify);
            both |= now is (true, true);
            (switches, last) = (switches + (now == last ? 0 : 1), now);
        });
        Assert.InRange(inside, 0, 2 * Hour); // the warm-up of twenty minutes has run before
        Assert.Equal(0, outsideS);
        Assert.True(margin >= 3, $"{margin:0.00} K");
        Assert.False(both);
        Assert.InRange(switches, 1, 3 * Hour / Controller.MoistureLeastS / 2);
    }

    [Fact]
    public void Without_a_device_the_room_is_what_it_is_and_so_is_the_box()
    {
        var plain = Play(Boards.Hgx, 1, Series.Constant(25), Series.Constant(70), 600, null);
        var idle = Play(Boards.Humidity, 1, Series.Constant(25), Series.Constant(45), 600, null);
        var reference = Play(Boards.Hgx, 1, Series.Constant(25), Series.Constant(45), 600, null);
        Assert.Equal(70, plain.Twin.Truth.RoomRhPercent);
        Assert.Equal(45, idle.Twin.Truth.RoomRhPercent);
        Assert.Equal(reference.Twin.Truth.SupplyC, idle.Twin.Truth.SupplyC);
    }

    [Fact]
    public void In_a_warm_and_wet_room_the_dehumidifier_gives_the_coolant_its_setpoint_back()
    {
        // 36 °C and 95 %RH: dew point 35.1 °C, so that the guard alone holds the coolant at 38.6 °C. 100 W, for which air of 36 °C is cold enough.
        var wet = new Series([0, 300, 1500], [45, 45, 95]);
        double margin = double.MaxValue, marginWithout = double.MaxValue;
        var driven = false;
        var dried = Play(Boards.Humidity, 0, Series.Constant(36), wet, 2 * Hour, (_, twin, control) =>
        {
            margin = Math.Min(margin, twin.Truth.CoolestSurfaceC - twin.Truth.RoomDewPointC);
            driven |= control.Last.Commands.DehumidifyReason.Driver == Driver.DewPoint && control.Last.Commands.Dehumidify;
        }, 100);
        var not = Play(Boards.Hgx, 0, Series.Constant(36), wet, 2 * Hour, (_, twin, _) => marginWithout = Math.Min(marginWithout, twin.Truth.CoolestSurfaceC - twin.Truth.RoomDewPointC), 100);
        Assert.InRange(dried.Twin.Truth.SupplyC, 37.8, 38.2);
        Assert.InRange(not.Twin.Truth.SupplyC, 38.4, 39);
        Assert.True(margin >= 3, $"{margin:0.00} K");
        Assert.True(not.Twin.Truth.RoomDewPointC > dried.Twin.Truth.RoomDewPointC + 2, $"{not.Twin.Truth.RoomDewPointC:0.0} and {dried.Twin.Truth.RoomDewPointC:0.0} °C");
        Assert.True(margin >= marginWithout - 0.05);
        Assert.True(driven || margin > 4, "nobody dried for the dew point");
    }

    [Theory]
    [InlineData(FaultKind.SensorOpen, "humidity1")]
    [InlineData(FaultKind.DaemonKilled, "")]
    public void A_lost_reading_and_a_killed_daemon_switch_off(FaultKind kind, string target)
    {
        var (before, offAfterS) = (false, double.NaN);
        Play(Boards.Humidity, 0, Series.Constant(25), Series.Constant(80), 120, (t, twin, _) =>
        {
            var runs = twin.Line(Line) == true;
            before |= t < 60 && runs;
            if (t >= 60 && !runs && double.IsNaN(offAfterS))
                offAfterS = t - 60;
        }, 500, new ScenarioFault(60, null, new(kind, target)));
        Assert.True(before);
        Assert.InRange(offAfterS, 0, 0.5);
    }

    [Fact]
    public void Through_its_line_the_daemon_switches_it_on_and_every_end_of_the_daemon_off()
    {
        using var bench = new LoopBench(board: "hgx-h100-8-humidity");
        bench.Twin.SetRoom(25, 75);
        var last = bench.Run(Controller.MoistureLeastS + 20);
        var file = TwinGpioDriver.PathOf(bench.Paths.SysRoot, 0, 8);
        Assert.True(last.Commands.Dehumidify);
        Assert.Equal("1", File.ReadAllText(file).Trim());
        Assert.True(bench.Twin.Look(t => t.Line(Line)));
        var rows = FrameAssembly.Thermal(last, bench.Settings).Valves!;
        Assert.Equal(["dehumidifier1", "humidifier1"], rows.Select(r => r.Name));
        Assert.Equal((100.0, "ok"), (rows[0].DutyPercent, rows[0].State));
        Assert.StartsWith("humidity 7", rows[0].Reason, StringComparison.Ordinal);
        Assert.Equal((0.0, "not needed"), (rows[1].DutyPercent, rows[1].Reason));

        bench.Ticker.WriteFull(); // a tick that broke
        Assert.Equal("0", File.ReadAllText(file).Trim());
        bench.Run(1);
        Assert.Equal("1", File.ReadAllText(file).Trim());
        SafeState.Write(bench.Paths.SysRoot, bench.Board, TimeSpan.FromSeconds(1)); // killed: what systemd and the agent call
        Assert.Equal("0", File.ReadAllText(file).Trim());
        bench.Run(1);
        Assert.Equal("1", File.ReadAllText(file).Trim());
        bench.StartDaemon(); // its end in order, and a new one, whose compressor rests
        Assert.Equal("0", File.ReadAllText(file).Trim());
        Assert.Equal(Driver.Resting, bench.Run(2).Commands.DehumidifyReason.Driver);
    }

    private static int Line => Boards.Humidity.Lines.Select((l, i) => (l, i)).Single(l => l.l.Kind == "dehumidifier").i;

    private static SimulationRun Play(
        Board board, int seed, Series roomC, Series percent, double seconds, Action<double, BoxTwin, ThermalControl>? look, double watts = 500, params ScenarioFault[] faults)
    {
        var control = new ThermalControl(board);
        SimulationRun? run = null;
        run = new(new()
        {
            Name = "moisture",
            DurationS = seconds,
            Seed = seed,
            Spread = seed == 0 ? 0 : 0.3,
            AmbientC = roomC,
            RoomRhPercent = percent,
            GpuPowerW = [Series.Constant(watts)],
            Faults = faults,
        }, board, control)
        { Observe = t => look?.Invoke(t, run!.Twin, control) };
        run.Run(TimeProvider.System);
        return run;
    }
}
