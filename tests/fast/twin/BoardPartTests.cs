using Appliance.Model;
using Appliance.Twin;
using FastTests.Thermal;

namespace FastTests.Twin;

/// <summary>Parts that only some boards have, whole and broken.</summary>
public sealed class BoardPartTests
{
    private static readonly Board Brake = ThermalBench.BoardOf("hgx-h100-8-brake.json");
    private static readonly Board Humid = ThermalBench.BoardOf("hgx-h100-8-humidity.json");

    [Theory]
    [InlineData(null, true, true, true)]
    [InlineData(FaultKind.FlowSwitchBlind, true, false, false)]
    [InlineData(FaultKind.FlowSwitchPulls, false, true, true)]
    [InlineData(FaultKind.PowerBrakeDead, true, true, false)]
    [InlineData(FaultKind.PowerBrakeStuck, false, false, true)]
    public void The_switch_shows_and_the_brake_does_what_their_faults_leave(FaultKind? kind, bool pumpsDead, bool shown, bool braked)
    {
        var twin = Box(Brake, 700);
        if (pumpsDead)
        {
            twin.Inject(new(FaultKind.PumpDead, "pump1"));
            twin.Inject(new(FaultKind.PumpDead, "pump2"));
        }

        if (kind is { } k)
            twin.Inject(new(k, FaultCatalogue.Targets(FaultCatalogue.Of(k), Brake).Single()));
        Run(twin, 5);
        Assert.Equal(shown, twin.Line(LineOf(Brake, "flow_switch")));
        Assert.Equal(braked, twin.Truth.Braked);
        Assert.Equal(braked, (twin.Gpu(0).ClocksEventReasons & (ulong)BoxTwin.BrakeReasons) != 0);
        Assert.All(twin.Truth.GpuW, watts => Assert.Equal(braked ? 350 : 700, watts, 1.0));
    }

    [Theory]
    [InlineData(FaultKind.MoistureDead, false, true, false)]
    [InlineData(FaultKind.MoistureRunsOn, true, true, true)]
    [InlineData(FaultKind.MoistureLineStuck, false, false, false)]
    public void A_broken_device_follows_its_line_no_more(FaultKind kind, bool runsWhenOff, bool lineWhenOn, bool runsWhenOn)
    {
        var line = LineOf(Humid, "dehumidifier");
        var twin = Box(Humid, 300);
        twin.Inject(new(kind, "dehumidifier1"));
        Run(twin, 1);
        Assert.Equal(runsWhenOff, twin.Truth.Dehumidifies);
        twin.WriteLine(line, true);
        Run(twin, 1);
        Assert.Equal((lineWhenOn, runsWhenOn), (twin.Line(line), twin.Truth.Dehumidifies));
        Assert.True(twin.Clear(kind, "dehumidifier1"));
        twin.WriteLine(line, true);
        Run(twin, 1);
        Assert.True(twin.Truth.Dehumidifies);
        twin.ReleaseLines();
        Run(twin, 1);
        Assert.False(twin.Truth.Dehumidifies);
    }

    [Fact]
    public void A_stuck_line_keeps_its_device_running_though_it_is_let_go()
    {
        var line = LineOf(Humid, "humidifier");
        var twin = Box(Humid, 300);
        twin.WriteLine(line, true);
        twin.Inject(new(FaultKind.MoistureLineStuck, "humidifier1"));
        twin.ReleaseLines();
        twin.WriteLine(line, false);
        Run(twin, 1);
        Assert.True(twin.Line(line));
        Assert.True(twin.Truth.Humidifies);
    }

    [Fact]
    public void A_board_without_the_part_says_so()
    {
        var why = Assert.Throws<FormatException>(() => FaultCatalogue.Parse("power_brake_dead", "power_brake", null, Humid));
        Assert.Equal("power_brake_dead is a fault of a part that the board hgx-h100-8-humidity does not have", why.Message);
    }

    private static BoxTwin Box(Board board, double watts) => new(new() { Board = board, GpuW = watts });

    private static int LineOf(Board board, string kind) => board.Lines.Select((l, i) => (l.Kind, i)).Single(l => l.Kind == kind).i;

    private static void Run(BoxTwin twin, double seconds)
    {
        for (var k = 0; k < seconds * 10; k++)
        {
            twin.Step(TimeSpan.FromSeconds(0.1));
            for (var i = 0; i < twin.FanCount; i++)
                twin.WriteFan(i, 200);
            for (var i = 0; i < twin.PumpCount; i++)
                twin.WritePump(i, 200);
        }
    }
}
