using Appliance.Model;
using Appliance.Thermal;

namespace FastTests.Thermal;

/// <summary>The law of a board's dehumidifier and humidifier.</summary>
public sealed class MoistureTests
{
    private static readonly Board Humid = ThermalBench.BoardOf("hgx-h100-8-humidity.json");

    [Fact]
    public void A_wet_room_is_dried_from_above_49_to_46_percent_and_a_dry_one_moistened_from_below_41_to_44()
    {
        var (bench, air) = Bench(50);
        Assert.Equal(Driver.Resting, bench.Run(1).Commands.DehumidifyReason.Driver);
        Assert.False(bench.Run(Controller.MoistureLeastS - 2).Commands.Dehumidify);
        Assert.True(bench.Run(2).Commands.Dehumidify);
        Assert.Equal("humidity 50 %RH", bench.Last.Commands.DehumidifyReason.ToString());
        Assert.Equal(Driver.NotNeeded, bench.Last.Commands.HumidifyReason.Driver);
        bench.Run(Controller.MoistureLeastS);
        air.Percent = 46.3;
        Assert.True(bench.Run(1).Commands.Dehumidify);
        air.Percent = 45.7;
        Assert.False(bench.Run(1).Commands.Dehumidify);
        air.Percent = 48.7;
        Assert.False(bench.Run(2 * Controller.MoistureLeastS).Commands.Dehumidify);
        air.Percent = 41.3;
        Assert.False(bench.Run(1).Commands.Humidify);
        air.Percent = 40.7;
        Assert.True(bench.Run(1).Commands.Humidify);
        bench.Run(Controller.MoistureLeastS);
        air.Percent = 43.7;
        Assert.True(bench.Run(1).Commands.Humidify);
        air.Percent = 44.3;
        Assert.False(bench.Run(1).Commands.Humidify);
    }

    [Fact]
    public void What_runs_runs_three_minutes_and_what_rests_rests_as_long()
    {
        var (bench, air) = Bench(60);
        bench.Run(Controller.MoistureLeastS + 1);
        air.Percent = 45;
        Assert.True(bench.Run(Controller.MoistureLeastS - 5).Commands.Dehumidify);
        Assert.False(bench.Run(10).Commands.Dehumidify);
        air.Percent = 60;
        Assert.False(bench.Run(Controller.MoistureLeastS - 10).Commands.Dehumidify);
        Assert.Equal(Driver.Resting, bench.Last.Commands.DehumidifyReason.Driver);
        Assert.True(bench.Run(10).Commands.Dehumidify);
    }

    [Fact]
    public void Near_the_dew_point_air_is_dried_below_the_band_and_never_moistened()
    {
        // 40 °C and 38 %RH: dew point 23.0 °C. Coolant that was carried in cold.
        var (bench, air) = Bench(38, roomC: 40, supplyC: 32);
        Assert.True(bench.Run(Controller.MoistureLeastS + 1).Commands.Humidify);
        Move(bench, 26.6);
        Assert.True(bench.Last.Commands.Dehumidify);
        Assert.False(bench.Last.Commands.Humidify);
        Assert.Equal((Driver.DewPoint, Driver.DewPoint), (bench.Last.Commands.DehumidifyReason.Driver, bench.Last.Commands.HumidifyReason.Driver));
        Move(bench, 27.6); // 4.6 K: not yet far enough
        Assert.True(bench.Run(Controller.MoistureLeastS).Commands.Dehumidify);
        Move(bench, 28.5);
        Assert.False(bench.Last.Commands.Dehumidify);
        Assert.True(bench.Last.Commands.Humidify);
        Assert.Equal(38, air.Percent);
    }

    [Theory]
    [InlineData("silent")]
    [InlineData("stale quality")]
    [InlineData("beyond its range")]
    [InlineData("zero")]
    public void A_humidity_that_cannot_be_trusted_switches_off_in_the_same_tick(string how)
    {
        foreach (var percent in (double[])[70, 20])
        {
            var (bench, air) = Bench(percent);
            var runs = bench.Run(Controller.MoistureLeastS + 1).Commands;
            Assert.True(runs.Dehumidify || runs.Humidify);
            air.Reading = how switch
            {
                "silent" => _ => Reading<double>.Absent,
                "stale quality" => now => Reading<double>.Good(percent, now).WithQuality(Quality.Stale),
                "beyond its range" => now => Reading<double>.Good(140, now),
                _ => now => Reading<double>.Good(0, now),
            };
            var off = bench.Tick().Commands;
            Assert.False(off.Dehumidify || off.Humidify);
            Assert.Equal("humidity cannot be trusted", off.DehumidifyReason.ToString());
        }
    }

    [Fact]
    public void Without_the_room_s_temperature_nothing_is_moistened()
    {
        var (bench, _) = Bench(20);
        Assert.True(bench.Run(Controller.MoistureLeastS + 1).Commands.Humidify);
        var fill = bench.Break;
        bench.Break = (input, now) =>
        {
            fill!(input, now);
            input.Sensors[Index("ambient")] = Reading<double>.Absent;
        };
        Assert.False(bench.Run(2).Commands.Humidify);
    }

    [Fact]
    public void In_the_safe_state_and_after_a_shutdown_both_are_off()
    {
        var (bench, _) = Bench(70);
        Assert.True(bench.Run(Controller.MoistureLeastS + 1).Commands.Dehumidify);
        var fill = bench.Break;
        bench.Break = (input, now) =>
        {
            fill!(input, now);
            for (var i = 0; i < Humid.Sensors.Count; i++)
            {
                if (Humid.Sensors[i].Group == "coolant_supply")
                    input.Sensors[i] = Reading<double>.Absent;
            }
        };
        Assert.False(bench.Run(3).Commands.Dehumidify);
        Assert.Equal(ThermalMode.Failsafe, bench.Last.Commands.Mode);

        (bench, _) = Bench(70);
        Assert.True(bench.Run(Controller.MoistureLeastS + 1).Commands.Dehumidify);
        fill = bench.Break;
        bench.Break = (input, now) =>
        {
            fill!(input, now);
            input.Lines[0] = input.Lines[1] = Reading<bool>.Good(true, now);
        };
        Assert.False(bench.Run(1).Commands.Dehumidify);
        Assert.Equal("shut down", bench.Last.Commands.DehumidifyReason.ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_room_and_sensors_do_never_both_never_blind_and_never_moistened_at_the_dew_point(int seed)
    {
        var random = new Random(seed);
        var (bench, air) = Bench(45, roomC: 34);
        double sinceDry = 0, sinceWet = 0;
        var (wasDry, wasWet, switches) = (false, false, 0);
        for (var k = 0; k < 12_000; k++)
        {
            if (k % 20 == 0)
                air.Percent = Math.Clamp(air.Percent + 6 * (random.NextDouble() - 0.5), 25, 98);
            air.Reading = random.NextDouble() < 0.0008 ? _ => Reading<double>.Absent : null;
            var tick = bench.Tick();
            ref readonly var c = ref tick.Commands;
            Assert.False(c.Dehumidify && c.Humidify, $"seed {seed}, tick {k}: both");
            if (air.Reading is not null)
                Assert.False(c.Dehumidify || c.Humidify, $"seed {seed}, tick {k}: blind");
            if (c.Humidify)
                Assert.True(tick.Estimate.SupplyC.Value - tick.Estimate.DewPointC.Value >= 4, $"seed {seed}, tick {k}: moistened near the dew point");
            if (c.Dehumidify != wasDry)
            {
                Assert.True(sinceDry >= Controller.MoistureLeastS - 0.05 || !c.Dehumidify && air.Reading is not null, $"seed {seed}, tick {k}: after {sinceDry:0.0} s");
                (wasDry, sinceDry, switches) = (c.Dehumidify, 0, switches + 1);
            }

            if (c.Humidify && !wasWet)
                Assert.True(sinceWet >= Controller.MoistureLeastS - 0.05, $"seed {seed}, tick {k}: after {sinceWet:0.0} s");
            if (c.Humidify != wasWet)
                (wasWet, sinceWet, switches) = (c.Humidify, 0, switches + 1);
            sinceDry += 0.1;
            sinceWet += 0.1;
        }

        Assert.InRange(switches, 2, 14);
    }

    [Fact]
    public void A_line_that_does_not_follow_is_seen_after_a_second()
    {
        var (bench, _) = Bench(70);
        var line = Humid.Lines.Select((l, i) => (l, i)).Single(l => l.l.Kind == "dehumidifier").i;
        Assert.True(bench.Run(Controller.MoistureLeastS + 0.5).Commands.Dehumidify);
        Assert.False(bench.Last.Estimate.LineRefused[line]);
        Assert.True(bench.Run(1.5).Estimate.LineRefused[line]); // the bench's lines stay low
        var fill = bench.Break;
        bench.Break = (input, now) =>
        {
            fill!(input, now);
            input.Lines[line] = Reading<bool>.Good(true, now);
        };
        Assert.False(bench.Run(0.2).Estimate.LineRefused[line]);
    }

    [Theory]
    [InlineData("\"offset\": 8, \"active_low\": false, \"output\": true", "\"offset\": 8, \"active_low\": false", "dehumidifier1: a dehumidifier is driven; its line needs \"output\": true.")]
    [InlineData("\"kind\": \"humidifier\"", "\"kind\": \"dehumidifier\"", "lines names 2 of kind dehumidifier; there can be one.")]
    [InlineData("\"group\": \"humidity\"", "\"group\": \"dampness\"", "dehumidifier1: no sensor has the group humidity, which it is driven by.")]
    public void What_a_board_cannot_have_is_named(string from, string to, string message)
    {
        var path = Path.Combine(Tidy.Repository.Root, "packaging/boards/hgx-h100-8-humidity.json");
        var text = File.ReadAllText(path).Replace(from, to, StringComparison.Ordinal);
        Assert.Equal($"b.json: {message}", Assert.Throws<FormatException>(() => BoardFile.Parse(System.Text.Encoding.UTF8.GetBytes(text), "b.json")).Message);
    }

    /// <summary>Slowly: sensors that all jump are not believed.</summary>
    private static void Move(ThermalBench bench, double supplyC)
    {
        while (Math.Abs(supplyC - bench.SupplyC) > 0.01)
        {
            var step = Math.Clamp(supplyC - bench.SupplyC, -0.02, 0.02);
            (bench.SupplyC, bench.ReturnC) = (bench.SupplyC + step, bench.ReturnC + step);
            bench.Tick();
        }

        bench.Run(5);
    }

    private static int Index(string group) => Humid.Sensors.Select((s, i) => (s, i)).First(s => s.s.Group == group).i;

    private static (ThermalBench Bench, Air Air) Bench(double percent, double roomC = 25, double supplyC = 38)
    {
        var air = new Air { Percent = percent };
        var noise = new Random(7); // a thermometer that never moves is taken for stuck
        var bench = new ThermalBench(board: Humid, supplyC: supplyC, returnC: supplyC + 3)
        {
            Break = (input, now) =>
            {
                input.Sensors[Index("humidity")] = air.Reading?.Invoke(now) ?? Reading<double>.Good(air.Percent, now);
                input.Sensors[Index("ambient")] = Reading<double>.Good(roomC + 0.05 * (noise.NextDouble() - 0.5), now);
            },
        };
        return (bench, air);
    }

    /// <summary>What the room's sensor says.</summary>
    private sealed class Air
    {
        public double Percent { get; set; }

        public Func<TimeSpan, Reading<double>>? Reading { get; set; }
    }
}
