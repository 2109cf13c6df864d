using Appliance.Daemon.Simulation;
using Appliance.Twin;

namespace SimulationTests;

/// <summary>The whole box in virtual time, scored on the plant's truth.</summary>
public sealed class StepTests
{
    private const double SecondS = 2460;

    [Theory]
    [InlineData("liquid-to-air")]
    [InlineData("liquid-to-liquid")]
    public void A_step_from_idle_to_full_load_stays_within_0_7_K_and_settles_within_90_s(string cooling)
    {
        var summary = Run(cooling, 1, 0, Step());
        Assert.True(summary.Feasible);
        Assert.InRange(summary.PeakSupplyC, 37, 38.7);
        Assert.Equal(0, summary.SecondsOver40C);
        Assert.Equal(0, summary.GpuEnergyWithheldWh);
        Assert.InRange(summary.SettleS!.Value, 0, 90);
        Assert.InRange(summary.SteadyErrorK!.Value, 0, 0.1);
    }

    [Fact]
    public void Twenty_random_plants_never_pass_40_C_and_feasible_ones_lose_no_GPU_energy()
    {
        foreach (var seed in Enumerable.Range(1, 20))
        {
            var summary = Run("liquid-to-air", seed, 0.3, Step());
            Assert.True(summary.SecondsOver40C == 0, $"seed {seed}: {summary.SecondsOver40C:0.0} s over 40 °C, peak {summary.PeakSupplyC:0.00} °C");
            Assert.True(!summary.Feasible || summary.GpuEnergyWithheldWh == 0, $"seed {seed}: {summary.GpuEnergyWithheldWh:0.0} Wh withheld");
            Assert.True(!summary.Feasible || summary.PeakSupplyC <= 39.5, $"seed {seed}: peak {summary.PeakSupplyC:0.00} °C");
        }
    }

    [Theory]
    [InlineData(FaultKind.DaemonKilled)]
    [InlineData(FaultKind.DaemonStopped)]
    public void Killing_or_stopping_the_daemon_at_any_load_keeps_the_coolant_between_36_and_40_C(FaultKind kind)
    {
        foreach (var watts in (double[])[70, 300, 500, 700])
        {
            var summary = Run("liquid-to-air", 1, 0, Series.Constant(watts), new ScenarioFault(200, null, new(kind, "daemon")));
            Assert.True(summary.PeakSupplyC <= 40, $"{watts} W: peak {summary.PeakSupplyC:0.00} °C");
            Assert.True(summary.MinSupplyCAfterWarmup >= 36, $"{watts} W: least {summary.MinSupplyCAfterWarmup:0.00} °C");
        }
    }

    [Fact]
    public void Square_waves_of_any_period_stay_below_40_C()
    {
        foreach (var period in (double[])[1, 10, 60, 120, 300, 600])
        {
            var wave = new Series([0, period / 2, period / 2, period], [70, 70, 700, 700], repeat: true);
            var summary = Run("liquid-to-air", 1, 0, wave);
            Assert.True(summary.SecondsOver40C == 0, $"{period} s: peak {summary.PeakSupplyC:0.00} °C");
            Assert.True(summary.NuisanceTrips == 0);
        }
    }

    [Fact]
    public void It_runs_at_least_a_thousand_times_faster_than_real_time() =>
        Assert.True(Run("liquid-to-air", 1, 0, Step()).RealTimeFactor > 1000);

    [Fact]
    public void From_the_second_step_on_a_plant_with_unknown_pipes_settles_within_90_s_and_cools_its_dies_to_8_K_from_their_limit_and_no_more()
    {
        // Plants with little flow and dead times up to 30 % off, and plants with poor plates that pumps at full can still hold.
        foreach (var seed in (int[])[0, 1, 4, 5, 11, 13, 14, 16, 18, 21, 22, 24, 54])
        {
            double outside = SecondS, peak = double.MinValue, hottest = 0, cooling = 0;
            var ticks = 0;
            SimulationRun? run = null;
            var steps = new Series([0, 60, 60, 1260, 1260, SecondS, SecondS, 3060], [70, 70, 700, 700, 70, 70, 700, 700]);
            run = new(new() { Name = "steps", DurationS = 3060, Seed = seed, Spread = seed == 0 ? 0 : 0.3, GpuPowerW = [steps] }, Boards.Hgx)
            {
                Observe = t =>
                {
                    if (t <= SecondS)
                        return;
                    var over = run!.Twin.Truth.SupplyC - 38;
                    peak = Math.Max(peak, over);
                    hottest = Math.Max(hottest, run.Twin.Truth.DieC.Max());
                    outside = Math.Abs(over) > 0.5 ? t : outside;
                    if (t <= SettledS)
                        return;
                    cooling += run.Twin.Truth.FanW + run.Twin.Truth.PumpW;
                    ticks++;
                },
            };
            run.Run(TimeProvider.System);
            var optimum = run.Twin.LeastCoolingW(700, run.Twin.Truth.SupplyC, 79);
            Assert.True(outside - SecondS <= 90, $"plant {seed}: {outside - SecondS:0} s");
            Assert.True(peak <= 0.7, $"plant {seed}: peak {peak:0.00} K");
            Assert.True(hottest <= 79, $"plant {seed}: die {hottest:0.00} °C");
            Assert.True(cooling / ticks <= 1.05 * optimum, $"plant {seed}: {cooling / ticks:0.0} W to cool, at least {optimum:0.0} W");
        }
    }

    [Theory]
    [InlineData(450)]
    [InlineData(500)]
    [InlineData(550)]
    [InlineData(600)]
    public void No_fan_rests_in_a_band_to_skip_and_the_coolant_does_not_notice(double watts)
    {
        var board = Boards.Hgx with { Fans = [.. Boards.Hgx.Fans.Select(f => f with { Skip = [new(40, 52)] })] };
        var inside = 0;
        SimulationRun? run = null;
        run = new(new() { Name = "skip", DurationS = 600, Seed = 1, GpuPowerW = [Series.Constant(watts)] }, board)
        {
            Observe = _ =>
            {
                for (var i = 0; i < run!.Twin.FanCount; i++)
                    inside += run.Twin.Fan(i).Pwm is > 103 and < 132 ? 1 : 0;
            },
        };
        var summary = run.Run(TimeProvider.System);
        Assert.Equal(0, inside);
        Assert.InRange(summary.SteadyErrorK!.Value, 0, 0.3);
        Assert.InRange(summary.PeakSupplyC, 37, 38.5);
    }

    [Fact]
    public void A_facility_meter_stuck_at_zero_parks_nothing_and_is_disbelieved_while_the_coolant_stays_cool()
    {
        var summary = Run("liquid-to-liquid", 1, 0, Series.Constant(600), new ScenarioFault(100, null, new(FaultKind.SensorBias, "facility_flow1", -60)));
        Assert.DoesNotContain(summary.Actions, a => a.Action is "park_engine" or "power_off");
        Assert.InRange(summary.GpuEnergyWithheldWh, 0, 160);
        Assert.InRange(summary.PeakSupplyC, 37, 39);
    }

    [Fact]
    public void A_stuck_facility_valve_is_found_by_its_water_and_power_is_limited_in_time()
    {
        var step = new Series([0, 200, 200], [250, 250, 700]);
        var summary = Run("liquid-to-liquid", 1, 0, step, new ScenarioFault(100, null, new(FaultKind.ValveStuck, "valve1")));
        Assert.Contains(summary.Alarms, a => a.Code == "valve_mismatch");
        Assert.True(summary.PeakSupplyC <= 40, $"peak {summary.PeakSupplyC:0.00} °C");
        Assert.Equal(0, summary.SelfThrottledS);
    }

    /// <summary>Plants whose coolant once passed 40 °C when the load rose on a valve that nobody had moved since it stuck.</summary>
    [Theory]
    [InlineData(1, 150)]
    [InlineData(8, 150)]
    [InlineData(36, 150)]
    [InlineData(6, 250)]
    [InlineData(17, 250)]
    [InlineData(6, 400)]
    [InlineData(8, 400)]
    public void A_facility_valve_that_sticks_before_the_load_rises_does_not_let_the_coolant_pass_40_C(int seed, double before)
    {
        var step = new Series([0, 120, 120], [before, before, 700]);
        var summary = Run("liquid-to-liquid", seed, 0.3, step, new ScenarioFault(60, null, new(FaultKind.ValveStuck, "valve1")));
        Assert.Contains(summary.Alarms, a => a is { Code: "valve_mismatch", TS: < 125 });
        Assert.True(summary.PeakSupplyC <= 40, $"peak {summary.PeakSupplyC:0.00} °C");
        Assert.Equal(0, summary.SelfThrottledS);
    }

    [Fact]
    public void A_facility_valve_that_moves_is_never_said_to_stick_whatever_the_load_does()
    {
        Series[] loads = [Step(), new([0, 30, 30, 60], [100, 100, 650, 650], repeat: true), new([0, 5, 5, 10], [100, 100, 700, 700], repeat: true)];
        foreach (var seed in (int[])[0, 3, 8, 9, 17])
        {
            foreach (var load in loads)
            {
                var summary = Run("liquid-to-liquid", seed, seed == 0 ? 0 : 0.3, load);
                Assert.DoesNotContain(summary.Alarms, a => a.Code == "valve_mismatch");
            }
        }
    }

    [Fact]
    public void With_every_limit_spent_and_the_coolant_still_rising_out_of_its_band_the_engine_is_parked()
    {
        // What the valve lets through where it sticks is less than eight GPUs draw at work with their lowest clock.
        var step = new Series([0, 200, 200], [120, 120, 700]);
        var summary = Run("liquid-to-liquid", 1, 0, step, new ScenarioFault(100, null, new(FaultKind.ValveStuck, "valve1")));
        Assert.Contains(summary.Alarms, a => a is { Code: "engine_parked" });
        Assert.InRange(summary.PeakSupplyC, 38.5, 40);
    }

    [Fact]
    public void Coolant_that_carries_less_than_eight_lowest_limits_is_held_by_clocks_and_nobody_is_parked()
    {
        var step = new Series([0, 200, 200], [150, 150, 700]);
        var summary = Run("liquid-to-liquid", 1, 0, step, new ScenarioFault(100, null, new(FaultKind.ValveStuck, "valve1")));
        Assert.Contains(summary.Actions, a => a is { Action: "gpu_lowest_clock", Value: 1 });
        Assert.DoesNotContain(summary.Actions, a => a.Action is "park_engine" or "power_off");
        Assert.InRange(summary.PeakSupplyC, 38.5, 40);
    }

    /// <summary>A box that idles all night and whose valve sticks then: its meter takes the trickle for nothing now and then, which once was taken for water.</summary>
    [Theory]
    [InlineData(1, 72)]
    [InlineData(4, 72)]
    [InlineData(5, 80)]
    [InlineData(6, 80)]
    [InlineData(8, 100)]
    public void A_facility_valve_that_sticks_nearly_shut_does_not_let_the_coolant_pass_40_C(int seed, double before)
    {
        var step = new Series([0, 120, 120], [before, before, 700]);
        var summary = Run("liquid-to-liquid", seed, 0.3, step, new ScenarioFault(60, null, new(FaultKind.ValveStuck, "valve1")));
        Assert.True(summary.PeakSupplyC <= 40, $"peak {summary.PeakSupplyC:0.00} °C");
        Assert.InRange(summary.Actions.Count(a => a.Action == "park_engine"), 1, 1);
        Assert.Equal(0, summary.SelfThrottledS);
    }

    [Theory]
    [InlineData(15)]
    [InlineData(196)]
    public void A_plant_that_cannot_cool_everything_comes_to_rest_near_the_least_that_must_be_withheld(int seed)
    {
        double withheld = 0, least = double.MaxValue, most = 0, supply = 0, peak = 0;
        var ticks = 0;
        SimulationRun? run = null;
        run = new(new() { Name = "rest", DurationS = 1500, Seed = seed, Spread = 0.3, GpuPowerW = [Step()] }, Boards.Hgx)
        {
            Observe = t =>
            {
                var truth = run!.Twin.Truth;
                peak = Math.Max(peak, truth.SupplyC);
                if (t < 1200)
                    return;
                withheld += truth.WithheldW;
                supply += truth.SupplyC;
                (least, most) = (Math.Min(least, truth.SupplyC), Math.Max(most, truth.SupplyC));
                ticks++;
            },
        };
        run.Run(TimeProvider.System);
        var minimum = run.Twin.LeastWithheldW(700, 36, supply / ticks, 85);
        Assert.InRange(withheld / ticks, 0, 1.15 * minimum);
        Assert.InRange(most - least, 0, 0.15);
        Assert.InRange(peak, 38, 40);
    }

    private const double SettledS = 2860;

    private static Series Step() => new([0, 60, 60], [70, 70, 700]);

    private static SimulationSummary Run(string cooling, int seed, double spread, Series power, params ScenarioFault[] faults) =>
        new SimulationRun(
            new()
            {
                Name = "step",
                DurationS = 900,
                Cooling = cooling,
                Seed = seed,
                Spread = spread,
                GpuPowerW = [power],
                Faults = faults,
            },
            Boards.Of(cooling)).Run(TimeProvider.System);
}
