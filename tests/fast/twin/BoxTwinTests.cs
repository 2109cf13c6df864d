using Appliance.Model;
using Appliance.Twin;
using FastTests.Thermal;
using FastTests.Tidy;

namespace FastTests.Twin;

public sealed class BoxTwinTests
{
    private static readonly Board Board =
        BoardFile.Parse(File.ReadAllBytes(Path.Combine(Repository.Root, "packaging/boards/hgx-h100-8.json")), "hgx-h100-8.json");

    [Fact]
    public void The_same_seed_gives_the_same_run_and_another_seed_another()
    {
        Assert.Equal(Fingerprint(7), Fingerprint(7));
        Assert.NotEqual(Fingerprint(7), Fingerprint(8));
    }

    [Theory]
    [InlineData("liquid-to-air")]
    [InlineData("liquid-to-liquid")]
    public void It_starts_in_the_steady_state_of_its_power(string cooling)
    {
        var twin = new BoxTwin(new() { Board = Board, Cooling = cooling, GpuW = 300 });
        Run(twin, 120, feed: true);
        Assert.InRange(twin.Truth.SupplyC, Board.SetpointC - 0.3, Board.SetpointC + 0.3);
    }

    [Fact]
    public void Energy_is_neither_made_nor_lost_between_plates_and_radiator()
    {
        var twin = new BoxTwin(new() { Board = Board, GpuW = 300 });
        Run(twin, 900, feed: true);
        Assert.InRange(twin.Truth.RejectedW, 0.99 * twin.Truth.HeatW, 1.01 * twin.Truth.HeatW);
    }

    [Fact]
    public void Five_seconds_without_a_write_and_the_chips_run_everything_at_full()
    {
        var twin = new BoxTwin(new() { Board = Board });
        Run(twin, 4.8, feed: false);
        Assert.True(twin.Fan(0).Pwm < 255);
        Run(twin, 0.4, feed: false);
        Assert.Equal((byte)255, twin.Fan(0).Pwm);
        Assert.Equal((byte)255, twin.Pump(1).Pwm);
    }

    [Fact]
    public void A_dead_fan_costs_more_than_its_share_of_the_air()
    {
        var twin = new BoxTwin(new() { Board = Board });
        Full(twin);
        Run(twin, 20, feed: true);
        var all = twin.Truth.AirFlowM3S;
        twin.Inject(new(FaultKind.FanDead, "fan3"));
        Run(twin, 20, feed: true);
        Assert.InRange(twin.Truth.AirFlowM3S / all, 0.7, 5.0 / 6);
    }

    [Fact]
    public void Half_the_flow_doubles_the_dead_time()
    {
        Assert.InRange(DeadTimeS(0.4) / DeadTimeS(0.8), 1.8, 2.2);
    }

    [Fact]
    public void Without_flow_at_full_power_a_die_passes_its_limit_within_fifteen_seconds()
    {
        var twin = new BoxTwin(new() { Board = Board, GpuW = 700 });
        twin.Inject(new(FaultKind.PumpDead, "pump1"));
        twin.Inject(new(FaultKind.PumpDead, "pump2"));
        Run(twin, 15, feed: true);
        Assert.Contains(true, twin.Truth.SelfThrottled);
    }

    [Fact]
    public void Every_fault_can_be_injected_at_its_first_target_and_mended()
    {
        foreach (var info in FaultCatalogue.All)
        {
            var board = new[] { Board, ThermalBench.BoardOf("hgx-h100-8-brake.json"), ThermalBench.BoardOf("hgx-h100-8-humidity.json") }
                .First(b => FaultCatalogue.Targets(info, b).Count > 0);
            var twin = new BoxTwin(new() { Board = board });
            var target = FaultCatalogue.Targets(info, board)[0];
            twin.Inject(new(info.Kind, target, info.Unit is null ? null : 10));
            Run(twin, 2, feed: true);
            Assert.True(twin.Has(info.Kind));
            Assert.True(twin.Clear(info.Kind, target));
            Run(twin, 2, feed: true);
            Assert.All(twin.Truth.DieC, die => Assert.True(double.IsFinite(die)));
        }
    }

    [Fact]
    public void A_leak_wets_its_detector_and_lowers_the_level()
    {
        var twin = new BoxTwin(new() { Board = Board });
        twin.Inject(new(FaultKind.LeakGross, "", 1));
        Run(twin, 30, feed: true);
        var rope = Board.Lines.ToList().FindIndex(l => l.Name == "leak1");
        Assert.True(twin.Line(rope));
        Assert.InRange(twin.Truth.LevelPercent, 50, 95);
    }

    private static double DeadTimeS(double pump)
    {
        var twin = new BoxTwin(new() { Board = Board, GpuW = 100 });
        for (var i = 0; i < twin.PumpCount; i++)
            twin.WritePump(i, Duty.OfFraction(pump).Pwm);
        Run(twin, 900, feed: true);
        var before = twin.Truth.SupplyC;
        for (var i = 0; i < twin.FanCount; i++)
            twin.WriteFan(i, 255);
        var waited = 0.0;
        while (Math.Abs(twin.Truth.SupplyC - before) < 0.02 && waited < 200)
        {
            Run(twin, 0.1, feed: true);
            waited += 0.1;
        }

        // Fans need their own time whatever the flow; the pipe is what doubles.
        return waited - 0.5;
    }

    private static void Full(BoxTwin twin)
    {
        for (var i = 0; i < twin.FanCount; i++)
            twin.WriteFan(i, 255);
    }

    private static double Fingerprint(int seed)
    {
        var twin = new BoxTwin(new() { Board = Board, Seed = seed, Spread = 0.3 });
        Run(twin, 60, feed: true);
        return twin.Sensor(0)!.Value + 100 * twin.Truth.SupplyC + 10_000 * twin.Truth.DieC[3];
    }

    private static void Run(BoxTwin twin, double seconds, bool feed)
    {
        for (var i = 0; i < seconds / 0.1 - 1e-6; i++)
        {
            if (feed)
            {
                twin.WriteFan(0, twin.Fan(0).Pwm ?? 255);
                twin.WritePump(0, twin.Pump(0).Pwm ?? 255);
                twin.WriteFacilityValve((byte)Math.Round(255 * twin.FacilityValve() ?? 255));
            }

            twin.Step(TimeSpan.FromSeconds(0.1));
        }
    }
}
